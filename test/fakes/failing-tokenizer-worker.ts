import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

import type {
  TokenizerMessage,
  TokenizerThreadData,
} from "../../src/tokenizer/thread/tokenizer-message.ts";

/** What the file at `path` says that the thread does: `load`, `refuse` the file, or `crash`. */
const wanted = readFileSync((workerData as TokenizerThreadData).path, "utf8");

if (wanted === "crash") throw new Error("crashed while it loaded");
if (wanted === "refuse") {
  const message = "the file is broken";
  parentPort?.postMessage({
    kind: "unusable",
    message,
    hint: undefined,
  } satisfies TokenizerMessage);
} else await import("./crashing-tokenizer-worker.ts");
