import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { publish, unpublished } from "../../../bench/report/publish.ts";
import { machineB, recorded } from "./recorded.ts";

const mixed = recorded({ figure: "mixed", ratio: 2 });
const fp32 = recorded({ figure: "mixed", dtype: "fp32", ratio: 3 });
const ready = recorded({ figure: "ready_ms", ready_ms: 900 });
const newMixed = recorded({ figure: "mixed", ratio: 1.5, environment: machineB });
const newReady = recorded({ figure: "ready_ms", ready_ms: 800, environment: machineB });
const bundled = { ...newReady, model: "bundled" };

suite("publish()", () => {
  test("changes nothing where no figure is asked for", () => {
    const all = publish([mixed, ready], [newMixed, newReady], { figures: [], model: undefined });
    assert.deepEqual(all, { figures: [mixed, ready], notes: [] });
  });

  test("takes the figures that are asked for, and keeps every other result", () => {
    const choice = { figures: ["mixed"], model: undefined };
    const { figures, notes } = publish([mixed, fp32, ready], [newMixed, newReady], choice);
    assert.deepEqual(figures, [newMixed, fp32, ready]);
    assert.deepEqual(notes, [
      "`mixed`: took 1 of B, 4 cores, 8 GB, in place of 1 of A, 2 cores, 8 GB, beside 1 of A, 2 cores, 8 GB",
    ]);
  });

  test("takes the results of one model", () => {
    const choice = { figures: ["ready_ms"], model: "bundled" };
    const { figures, notes } = publish([ready], [newReady, bundled], choice);
    assert.deepEqual(figures, [ready, bundled]);
    assert.match(notes[0] ?? "", /^`ready_ms`: took 1 of B.*, beside 1 of A/);
  });

  test("keeps what was measured where the last run left it out", () => {
    const peer = { figure: "peers", contender: "TEI" };
    const tei = recorded({ ...peer, documents_per_second: 4 });
    const gone = recorded({ ...peer, left_out: "not built" });
    const llama = recorded({ ...peer, contender: "llama.cpp", documents_per_second: 3 });
    const choice = { figures: ["peers"], model: undefined };
    assert.deepEqual(publish([tei], [gone, llama], choice).figures, [tei, llama]);
    assert.deepEqual(publish([gone], [tei], choice).figures, [tei]);
    assert.deepEqual(publish([], [gone], choice).figures, [gone]);
  });

  test("throws where the last results have none, and says what they have", () => {
    const take = (name: string, model?: string) => () =>
      publish([mixed], [newMixed, bundled], { figures: [name], model });
    assert.throws(take("cores"), /have no `cores`; they have mixed, ready_ms/);
    assert.throws(take("mixed", "bundled"), /of the model `bundled` have no `mixed`; .* ready_ms/);
    assert.throws(() => publish([], [], { figures: ["mixed"], model: undefined }), /no figure/);
  });
});

suite("unpublished()", () => {
  test("names each figure with a result that is not among the published, once", () => {
    assert.deepEqual(unpublished([mixed], [mixed, newReady, bundled]), ["ready_ms"]);
    assert.deepEqual(unpublished([mixed], [newMixed]), ["mixed"]);
    assert.deepEqual(unpublished([mixed], []), []);
  });
});
