import assert from "node:assert/strict";
import { after, suite, test } from "node:test";

import { createTokenizer } from "../../../src/tokenizer/hf-tokenizer.ts";

const crashing = new URL("../../fakes/crashing-tokenizer-worker.js", import.meta.url);
const broken = new URL("../../fakes/no-such-worker.js", import.meta.url);
const options = { maxLength: 8 };

suite("the tokenizer thread", async () => {
  const tokenizer = await createTokenizer({ path: "unused", threadEntry: crashing });
  after(() => tokenizer.close());

  test("rejects what is under way when it dies, and is started anew", async () => {
    const dying = tokenizer.encodePairs("query", ["crash"], options);
    const beside = tokenizer.encodePairs("query", ["hang"], options);

    await assert.rejects(dying, { name: "RerankError", code: "unavailable" });
    await assert.rejects(beside, { name: "RerankError", code: "unavailable" });
    const [encoding] = await tokenizer.encodePairs("query", ["after"], options);

    assert.deepEqual([...(encoding?.inputIds ?? [])], [5, 5]);
  });

  test("lets a call go at once when its signal aborts", async () => {
    const controller = new AbortController();

    const hanging = tokenizer.encodePairs("q", ["hang"], { ...options, signal: controller.signal });
    await tokenizer.encodePairs("another", ["call"], options);
    controller.abort();

    await assert.rejects(hanging, { name: "RerankError", code: "cancelled" });
  });

  test("names a thread that cannot start", async () => {
    await assert.rejects(createTokenizer({ path: "unused", threadEntry: broken }), {
      name: "StartupError",
      message: "the tokenizer thread ended while it loaded",
    });
  });

  test("answers what is under way before it closes, and nothing after", async () => {
    const closing = await createTokenizer({ path: "unused", threadEntry: crashing });
    const empty = closing.encodePairs("query", [], options);
    const full = closing.encodePairs("query", ["after"], options);

    await closing.close();

    assert.deepEqual(await empty, []);
    assert.deepEqual([...((await full)[0]?.inputIds ?? [])], [5, 5]);
    await assert.rejects(closing.encodePairs("q", ["d"], options), { code: "unavailable" });
    await closing.close();
  });
});
