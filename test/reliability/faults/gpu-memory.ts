import assert from "node:assert/strict";
import type { Fault } from "../fault.ts";
import { breakUnderLoad } from "../with-load.ts";

/** Memory for every batch. */
const plentyCells = 1e9;
/** Memory for no row at all. */
const noCells = 1;

/** A GPU whose memory others have taken. It is pretended: a CPU session that says what CUDA says. */
export const gpuMemory: Fault = {
  name: "the memory of the GPU is full (a pretended GPU)",
  promise: "the batch is halved, then computed on the CPU; health is `degraded` and says why",
  async run() {
    const { result, tally } = await breakUnderLoad(
      async ({ server, load }) => {
        const health = async () => {
          const response = await fetch(`${server.url}/health`);
          assert.equal(response.status, 200);
          return (await response.json()) as { status: string; reason: string };
        };
        assert.deepEqual((await health()).status, "ok");
        const from = server.lines.length;
        server.sabotage({ type: "gpu", cells: noCells });
        const startMs = performance.now();
        let report = await health();
        for (let ask = 0; report.status === "ok" && ask < 500; ask += 1) {
          await load.answered(1);
          report = await health();
        }
        assert.equal(report.status, "degraded");
        assert.match(report.reason, /do not fit into the memory of cuda and run on the cpu/);
        assert(
          server.lines
            .slice(from)
            .some(({ level, msg }) => level === "warn" && msg === report.reason),
        );
        await load.answered(1);
        return performance.now() - startMs;
      },
      {
        args: ["--device=cuda", "--dtype=int8"],
        env: { SABOTEUR_GPU: String(plentyCells) },
      },
    );
    return {
      happened: "health was `degraded` with HTTP 200, and calls went on",
      tally,
      recoveryMs: result,
    };
  },
};
