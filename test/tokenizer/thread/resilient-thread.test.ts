import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import {
  startResilientThread,
  type TokenizerState,
} from "../../../src/tokenizer/thread/resilient-thread.ts";
import { createManualClock } from "../../fakes/manual-clock.ts";

const entry = new URL("../../fakes/failing-tokenizer-worker.js", import.meta.url);

async function setUp(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "tokenizer-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "behaviour");
  const behave = (how: "load" | "refuse" | "crash"): void => writeFileSync(path, how);
  behave("load");
  const clock = createManualClock();
  const states: TokenizerState[] = [];
  let wake = (): void => {};
  const thread = await startResilientThread({
    entry,
    data: {
      path,
      padTokenId: undefined,
      model: {},
      prompt: undefined,
      padTokenIdWins: false,
      maxStartTokens: 1,
    },
    clock,
    onState: (state) => {
      states.push(state);
      wake();
    },
  });
  context.after(() => thread.close());
  const heard = async (count: number): Promise<TokenizerState | undefined> => {
    while (states.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return states[count - 1];
  };
  return { thread, behave, clock, heard };
}

suite("a tokenizer thread that is kept", () => {
  test("is replaced at once when it dies, and tells of both", async (context) => {
    const { thread, heard } = await setUp(context);

    await assert.rejects(thread.encodeTexts(["crash"]), { code: "unavailable" });
    const { lengths } = await thread.encodeTexts(["after"]);

    assert.equal(lengths.length, 1);
    const died = await heard(1);
    assert(died?.status === "restarting" && /as asked/.test(died.reason.message));
    assert.equal(died.retryMs, 0);
    assert.deepEqual(await heard(2), { status: "ok" });
  });

  test("is tried again, at longer and longer waits, until it can load", async (context) => {
    const { thread, behave, clock, heard } = await setUp(context);

    behave("crash");
    await assert.rejects(thread.encodeTexts(["crash"]), { code: "unavailable" });
    const crashed = await heard(2);
    assert(crashed?.status === "restarting" && /while it loaded/.test(crashed.reason.message));
    assert.equal(crashed.retryMs, 200);
    await assert.rejects(thread.encodeTexts(["a"]), { code: "unavailable", retryAfterMs: 200 });

    behave("refuse");
    clock.advance(200);
    const refused = await heard(3);
    assert(refused?.status === "restarting" && refused.reason.message === "the file is broken");
    assert.equal(refused.retryMs, 400);

    behave("load");
    clock.advance(400);
    assert.deepEqual(await heard(4), { status: "ok" });
    assert.equal((await thread.encodeTexts(["a"])).lengths.length, 1);
  });

  test("forgets old failures once it was stable", async (context) => {
    const { thread, clock, heard } = await setUp(context);

    await assert.rejects(thread.encodeTexts(["crash"]), { code: "unavailable" });
    await heard(2);
    clock.advance(10_000);
    await assert.rejects(thread.encodeTexts(["crash"]), { code: "unavailable" });

    const again = await heard(3);
    assert(again?.status === "restarting");
    assert.equal(again.retryMs, 0);
  });

  test("is not started again once it is closed", async (context) => {
    const { thread, behave, clock, heard } = await setUp(context);
    behave("crash");
    await assert.rejects(thread.encodeTexts(["crash"]), { code: "unavailable" });
    await heard(2);

    await thread.close();
    behave("load");
    clock.advance(60_000);

    await assert.rejects(thread.encodeTexts(["a"]), { code: "unavailable" });
  });
});
