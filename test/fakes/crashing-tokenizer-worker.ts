import { parentPort } from "node:worker_threads";

import type {
  EncodeMessage,
  TokenizerMessage,
} from "../../src/tokenizer/thread/tokenizer-message.ts";

/**
 * A tokenizer thread that makes one token of each text, its length, crashes at `crash`, and never
 * answers `hang`.
 */
parentPort?.postMessage({
  kind: "ready",
  loaded: {
    template: {
      pieces: [
        { kind: "query", typeId: 0 },
        { kind: "document", typeId: 1 },
      ],
      specialTokenCount: 0,
    },
    padId: 0,
    truncationSide: "right",
    wordIds: [],
    notes: [],
  },
} satisfies TokenizerMessage);

parentPort?.on("message", ({ id, texts }: EncodeMessage) => {
  if (texts.includes("crash")) throw new Error("crashed as asked");
  if (texts.includes("hang")) return;
  const ids = Int32Array.from(texts, (text) => text.length);
  const packed = { ids, lengths: new Int32Array(texts.length).fill(1) };
  parentPort?.postMessage({ kind: "encoded", id, packed } satisfies TokenizerMessage);
});
