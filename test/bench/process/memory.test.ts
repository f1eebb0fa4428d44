import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseProcessMemory } from "../../../bench/process/memory.ts";

suite("parseProcessMemory()", () => {
  test("reads resident memory, now and at most, in MiB", () => {
    const status = "Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";
    assert.deepEqual(parseProcessMemory(status), { nowMb: 100, peakMb: 200 });
  });

  test("throws where the kernel does not tell", () => {
    assert.throws(() => parseProcessMemory("Name:\tnode\n"), /no VmRSS/);
  });
});
