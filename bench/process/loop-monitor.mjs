/**
 * Preloaded into the server with `node --import`: on SIGUSR2 it prints how late the main thread's
 * event loop was since the last time, as one JSON line on stderr, and starts anew. The server
 * itself knows nothing of it.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

/**
 * How often the loop is looked at, in ms. What is recorded is the time between looks, so this much
 * is no delay.
 */
const resolutionMs = 1;
const nsPerMs = 1e6;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  const late = (ns) => Math.max(0, ns / nsPerMs - resolutionMs);
  delay.enable();
  process.on("SIGUSR2", () => {
    const line = {
      bench: "event-loop",
      samples: delay.count,
      p50_ms: late(delay.percentile(50)),
      p99_ms: late(delay.percentile(99)),
      max_ms: late(delay.max),
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
    delay.reset();
  });
}
