import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { startTinyHub } from "../models/tiny-hub.ts";
import { tinyCommit, tinyHubModel } from "../models/tiny-model.ts";
import { runProgram } from "../run-program.ts";

suite("rerankd pull", () => {
  test("prints the folder, and tells on stderr how far it is and the licence", async (context) => {
    const { hub, cache, repo } = await startTinyHub(context);
    const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HUB_OFFLINE: "" };

    const { code, stdout, stderr } = await runProgram(["pull", "owner/tiny"], { env });

    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${join(repo, "snapshots", tinyCommit)}\n`);
    assert.match(stderr, /^100%: /m);
    assert.match(stderr, /^licence apache-2\.0$/m);
  });

  for (const [card, expected] of [
    ["---\nlicense: cc-by-nc-4.0\n---\n", /^licence CC-BY-NC-4\.0: not for commercial use$/m],
    ["# Tiny\n", /^licence unknown: the model's card names none$/m],
  ] as const) {
    test(`tells ${expected.source} of the card`, async (context) => {
      const model = tinyHubModel();
      const files = { ...model.files, "README.md": Buffer.from(card) };
      const { hub, cache } = await startTinyHub(context, { ...model, files });
      const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HUB_OFFLINE: "" };

      assert.match((await runProgram(["pull", "owner/tiny"], { env })).stderr, expected);
    });
  }

  test("needs no network for a model that is in the cache, and says which variable forbids it", async (context) => {
    const { hub, cache, repo } = await startTinyHub(context);
    const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache };
    await runProgram(["pull", "owner/tiny"], { env: { ...env, HF_HUB_OFFLINE: "" } });
    const offline = { ...env, HF_HUB_OFFLINE: "", TRANSFORMERS_OFFLINE: "1" };

    const cached = await runProgram(["pull", "owner/tiny"], { env: offline });
    await rm(repo, { recursive: true });
    const missing = await runProgram(["pull", "owner/tiny"], { env: offline });

    assert.deepEqual([cached.code, cached.stdout], [0, `${join(repo, "snapshots", tinyCommit)}\n`]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /cannot be fetched while TRANSFORMERS_OFFLINE is set/);
    assert.match(missing.stderr, /hint: unset TRANSFORMERS_OFFLINE/);
  });
});
