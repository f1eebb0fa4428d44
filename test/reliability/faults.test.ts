import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Fault } from "./fault.ts";
import { diskFull } from "./faults/disk.ts";
import { gpuMemory } from "./faults/gpu-memory.ts";
import { idleConnections } from "./faults/idle.ts";
import { modelFileBroken, modelFileChanged } from "./faults/model-file.ts";
import { killed, terminated } from "./faults/process.ts";
import { restarts } from "./faults/restarts.ts";
import { hasProcessSpaces, secondSignal } from "./faults/second-signal.ts";
import { poison, workerCrashes } from "./faults/worker.ts";

/** The faults under which calls go on; the rest of `allFaults` takes longer. */
const underLoad: readonly Fault[] = [
  ...workerCrashes.filter(({ name }) => /exits|heap/.test(name)),
  poison,
  gpuMemory,
  modelFileBroken,
  modelFileChanged,
  terminated,
  restarts(2),
  killed,
  idleConnections(200),
];

/**
 * The newest Node in which a thread whose heap is full always ended alone. Later ones may end the whole
 * process, depending on what the thread allocates and how soon.
 */
const endsTheThreadAlone = 20;

suite("a real server", () => {
  for (const { name, run } of underLoad) {
    test(`loses no call: ${name}`, async (context) => {
      const major = Number.parseInt(process.versions.node, 10);
      if (name.endsWith("runs out of heap") && major > endsTheThreadAlone) {
        return context.skip(`Node ${major} may end the whole process`);
      }
      const { tally } = await run();

      assert(tally.answered > 0);
      assert.equal(tally.lost, 0, [...tally.reasons].join("; "));
    });
  }

  test(`tells what is wrong: ${diskFull.name}`, async () => {
    await diskFull.run();
  });

  test(`ends at once: ${secondSignal.name}`, async (context) => {
    if (!hasProcessSpaces()) return context.skip("`unshare` is not allowed here");
    await secondSignal.run();
  });
});
