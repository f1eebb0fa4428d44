import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join, normalize } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import { StartupError } from "../../../../src/errors.ts";
import { checkFileName } from "../../../../src/models/file-name.ts";
import { isHubId, repoDirectory } from "../../../../src/models/hub/hub-cache.ts";
import { listHubFiles } from "../../../../src/models/hub/hub-listing.ts";
import { readModelConfig, readModelFolder } from "../../../../src/models/model-config.ts";
import type { OnnxFile } from "../../../../src/onnx/onnx-file.ts";
import { allowing, checkProperty, damaged, objectWith } from "../check-property.ts";

const hex = fc.stringMatching(/^[0-9a-f]{40}$/);

/** What a graph tells that holds nothing but its inputs. */
const noGraph: OnnxFile = {
  irVersion: 8,
  opsets: new Map(),
  inputs: [],
  outputs: [],
  operators: new Set(),
  functions: new Set(),
  tensors: [],
  castTensors: new Set(),
  externalFiles: [],
};

suite("properties of the files of models", () => {
  test("a file's name that passes stays in its folder", async () => {
    const names = fc.array(fc.constantFrom("a", "..", ".", "", "\\", "C:", "\u0000", "onnx"), {
      maxLength: 4,
    });
    const paths = fc.oneof(
      names.map((parts) => parts.join("/")),
      fc.string(),
    );
    await checkProperty(
      fc.property(paths, (path) => {
        const passes = allowing([StartupError], () => {
          checkFileName(path, "a list");
          return true;
        });
        if (!passes) return;
        assert(!isAbsolute(path));
        assert(!normalize(join("/root", path)).split("/").includes(".."));
        assert(normalize(join("/root", path)).startsWith("/root/"));
      }),
      500,
    );
  });

  test("a hub's id that passes names one folder of the cache", async () => {
    const ids = fc.oneof(damaged(fc.constant("owner/name-1.0")), fc.string());
    await checkProperty(
      fc.property(ids, (id) => {
        if (!isHubId(id)) return;
        const folder = repoDirectory("/cache", id);
        assert.equal(normalize(folder), folder);
        assert.equal(folder.split("/").length, 3);
      }),
      500,
    );
  });

  test("a model's config is one of a reranker, or an error", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "rerankd-fuzz-"));
    context.after(() => rm(directory, { recursive: true }));
    const configs = objectWith({
      model_type: fc.constantFrom("bert", "xlm-roberta"),
      max_position_embeddings: fc.nat(9_000),
      pad_token_id: fc.nat(9),
      num_labels: fc.constant(1),
      id2label: fc.constant({ 0: "LABEL_0" }),
    }).map((config) => JSON.stringify(config));
    const tokenizerConfigs = objectWith({ model_max_length: fc.nat() }).map((v) =>
      JSON.stringify(v),
    );
    await checkProperty(
      fc.asyncProperty(
        fc.oneof(configs, damaged(configs)),
        fc.oneof(tokenizerConfigs, damaged(tokenizerConfigs)),
        async (config, tokenizerConfig) => {
          await writeFile(join(directory, "config.json"), config);
          await writeFile(join(directory, "tokenizer_config.json"), tokenizerConfig);
          const read = readModelFolder(directory, true).then((folder) =>
            readModelConfig(directory, folder, noGraph),
          );
          const found = await read.catch((error: unknown) => {
            assert(error instanceof StartupError, String(error));
          });
          if (found) assert((found.maxPositionTokens ?? 1) > 0 && (found.padTokenId ?? 0) >= 0);
        },
      ),
    );
  });

  test("a hub's listing has names and hashes that are safe, or is an error", async () => {
    const entries = fc.array(
      objectWith({
        type: fc.constant("file"),
        path: fc.constantFrom("a", "onnx/model.onnx", "../a"),
        size: fc.nat(),
        oid: hex,
        lfs: objectWith({
          oid: fc.oneof(
            hex.map((text) => text + text.slice(16)),
            fc.tuple(hex),
          ),
          size: fc.nat(),
        }),
      }),
      { maxLength: 3 },
    );
    const infos = objectWith({ id: fc.constant("a/b"), sha: hex });
    await checkProperty(
      fc.asyncProperty(infos, entries, async (info, tree) => {
        const answer = async (input: string | URL | Request) => {
          const isTree = String(input instanceof Request ? input.url : input).includes("/tree/");
          return Response.json(isTree ? tree : info);
        };
        const listing = listHubFiles({
          id: "a/b",
          revision: "main",
          endpoint: "http://127.0.0.1:9",
          fetch: answer,
          signal: new AbortController().signal,
        });
        const found = await listing.catch((error: unknown) => {
          assert(error instanceof StartupError, String(error));
        });
        for (const { path, hash, sizeBytes } of found?.files ?? []) {
          assert(!path.includes(".."));
          assert.equal(typeof hash.hex, "string");
          assert(sizeBytes >= 0);
        }
      }),
    );
  });
});
