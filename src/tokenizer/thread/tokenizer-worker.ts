import { parentPort, workerData } from "node:worker_threads";

import { StartupError } from "../../errors.ts";
import { returnMemory } from "../../return-memory.ts";
import { readTokenizerFile } from "../file/tokenizer-file.ts";
import { createIdEncoder, type IdEncoder } from "../id-encoder.ts";
import type { EncodeMessage, TokenizerMessage, TokenizerThreadData } from "./tokenizer-message.ts";

// The library encodes off the thread that calls it, but copies the ids and frees its results on it:
// 0.1 ms a document, the freeing in bursts of 50 ms after a garbage collection. Hence a thread of
// its own, which also loads the vocabulary.
const encoder = await load();
if (encoder !== undefined) {
  parentPort?.on("message", (message: EncodeMessage) => void answer(encoder, message));
  // The text of the file, and what the library was given of it.
  await returnMemory();
}

async function load(): Promise<IdEncoder | undefined> {
  try {
    const data = workerData as TokenizerThreadData;
    const { native, ...loaded } = await readTokenizerFile(data);
    const created = createIdEncoder(native, data.maxStartTokens);
    send({ kind: "ready", loaded });
    return created;
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    send({ kind: "unusable", message: error.message, hint: error.hint });
    return undefined;
  }
}

async function answer(encoder: IdEncoder, { id, texts, extent }: EncodeMessage): Promise<void> {
  try {
    const packed = await encoder.encodeTexts(texts, extent);
    const { ids, lengths, spans } = packed;
    const buffers = [ids.buffer, lengths.buffer];
    send({ kind: "encoded", id, packed }, spans ? [...buffers, spans.buffer] : buffers);
  } catch (cause) {
    send({ kind: "failed", id, cause });
  }
}

function send(message: TokenizerMessage, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}
