import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readMachine, usableCores } from "../../src/inference/machine.ts";

suite("usableCores()", () => {
  test("is what the process may use, or the container's quota if that is less", () => {
    const of = (cpus: number | undefined) => usableCores({ cpus, memoryBytes: undefined }, 8);

    assert.deepEqual([undefined, 16, 2.5, 0.1].map(of), [8, 8, 3, 1]);
  });
});

suite("readMachine()", () => {
  test("takes no more memory than the container's limit", () => {
    const { cores, memoryBytes } = readMachine({ cpus: 0.5, memoryBytes: 1000 });

    assert.deepEqual([cores, memoryBytes], [1, 1000]);
    assert(readMachine({ cpus: undefined, memoryBytes: undefined }).memoryBytes > 1000);
  });
});
