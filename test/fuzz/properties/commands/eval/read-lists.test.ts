import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import { readLists } from "../../../../../src/commands/eval/read-lists.ts";
import type { EvalConfig } from "../../../../../src/config/eval-config.ts";
import { StartupError } from "../../../../../src/errors.ts";
import { checkProperty, damaged } from "../../check-property.ts";

/** Each run writes four files. */
const runs = 60;

const { signal } = new AbortController();

suite("properties of readLists()", () => {
  test("four files are a list whose queries have texts and labels, or an error", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "rerankd-fuzz-"));
    context.after(() => rm(directory, { recursive: true }));
    const [run, qrels, queries, corpus] = ["run", "qrels", "queries", "corpus"].map((name) =>
      join(directory, name),
    ) as [string, string, string, string];
    const ids = fc.constantFrom("a", "b", "c");
    const lines = (line: fc.Arbitrary<string>) =>
      fc.array(line, { maxLength: 6 }).map((list) => `${list.join("\n")}\n`);
    const mostlyRight = (line: fc.Arbitrary<string>) => {
      return fc.oneof(
        { weight: 4, arbitrary: lines(line) },
        { weight: 1, arbitrary: damaged(lines(line)) },
      );
    };
    const runLine = fc.tuple(ids, ids, fc.nat(9)).map(([q, d, s]) => `${q} Q0 ${d} 1 ${s} tag`);
    const qrelsLine = fc.tuple(ids, ids, fc.nat(2)).map(([q, d, rel]) => `${q} 0 ${d} ${rel}`);
    const textLine = fc.tuple(ids, fc.string()).map(([id, text]) => `${id}\t${text}`);
    await checkProperty(
      fc.asyncProperty(
        mostlyRight(runLine),
        mostlyRight(qrelsLine),
        mostlyRight(textLine),
        mostlyRight(textLine),
        async (...texts) => {
          const paths = [run, qrels, queries, corpus];
          await Promise.all(paths.map((path, at) => writeFile(path, texts[at] ?? "")));
          const config = { files: [], runFiles: { run, qrels, queries, corpus } };
          const read = readLists(
            { limit: undefined, depth: 2, ...config } as unknown as EvalConfig,
            signal,
          );
          const found = await read.catch((error: unknown) => {
            assert(error instanceof StartupError, String(error));
          });
          for (const query of found?.flatMap((list) => list.queries) ?? []) {
            assert(query.candidates.length <= 2);
            for (const { text, rel } of query.candidates) {
              assert.equal(typeof text, "string");
              assert(Number.isFinite(rel));
            }
          }
        },
      ),
      runs,
    );
  });
});
