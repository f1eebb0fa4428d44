import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Encoding } from "../../src/tokenizer/tokenizer.ts";

/** How a thread opens the graph. */
export interface BareSessionOptions {
  readonly path: string;
  readonly threads: number;
  /** Whether threads that wait keep their core busy. */
  readonly spinning: boolean;
}

/** What a thread is told. */
export type BareRequest =
  /**
   * Compute batches, each of equal lengths. `next` counts those that were begun, by all threads
   * together. Answered with the logits of those that this thread computed.
   */
  | {
      readonly type: "run";
      readonly batches: readonly (readonly Encoding[])[];
      readonly next: Int32Array<SharedArrayBuffer>;
    }
  | { readonly type: "close" };

/** The logits of a batch, by its position in the list. */
export type BareAnswer = readonly (readonly [position: number, logits: Float32Array])[];

const port = parentPort;
if (port !== null) {
  const session = await openGraph(workerData as BareSessionOptions);
  port.on("message", async (request: BareRequest) => {
    if (request.type === "close") {
      await session.release();
      port.close();
      return;
    }
    const answer: [number, Float32Array][] = [];
    const { batches, next } = request;
    for (let at = Atomics.add(next, 0, 1); at < batches.length; at = Atomics.add(next, 0, 1)) {
      const output = await session.run(feedsOf(session, batches[at] ?? []));
      answer.push([at, output[session.outputNames[0] ?? ""]?.data as Float32Array]);
    }
    port.postMessage(answer satisfies BareAnswer);
  });
  port.postMessage([] satisfies BareAnswer);
}

function openGraph({ path, threads, spinning }: BareSessionOptions): Promise<InferenceSession> {
  return InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: spinning ? "1" : "0" } } },
  });
}

function feedsOf(session: InferenceSession, encodings: readonly Encoding[]) {
  const length = encodings[0]?.inputIds.length ?? 0;
  const dims = [encodings.length, length];
  const cellsOf: Readonly<Record<string, (encoding: Encoding) => ArrayLike<number> | 1>> = {
    input_ids: ({ inputIds }) => inputIds,
    token_type_ids: ({ typeIds }) => typeIds,
    attention_mask: () => 1,
  };
  return Object.fromEntries(
    session.inputNames.map((name) => {
      const cells = new BigInt64Array(encodings.length * length);
      // The low half of each number; the high half stays 0.
      const low = new Int32Array(cells.buffer);
      for (const [row, encoding] of encodings.entries()) {
        const source = cellsOf[name]?.(encoding) ?? 1;
        for (let cell = 0; cell < length; cell += 1) {
          low[(row * length + cell) * 2] = source === 1 ? 1 : (source[cell] ?? 0);
        }
      }
      return [name, new Tensor("int64", cells, dims)];
    }),
  );
}
