import { EventEmitter, once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { type RerankClient, RerankClientError } from "../../client/src/index.ts";
import { deadlineMs, pauseMs, requestOf, statusOf } from "./request.ts";
import type { Counter } from "./tally.ts";

/**
 * Sends requests on one stream, each after the answer to the last, until `stop` aborts, a request
 * fails or the stream ends. Returns the status with which the stream ended, undefined if it was
 * `stop`. Never rejects.
 */
export async function streamOnce(
  client: RerankClient,
  counter: () => Counter,
  stop: AbortSignal,
): Promise<string | undefined> {
  const answers = new EventEmitter();
  // An answer that nobody waits for any more is no fault.
  answers.on("error", () => {});
  const givingUp = new AbortController();
  let over = false;

  async function* requests() {
    for (let n = 0; !stop.aborted && !over; n += 1) {
      const answer = once(answers, "answer", { signal: AbortSignal.timeout(deadlineMs) });
      const counted = counter().count(() => answer);
      yield { id: String(n), request: requestOf(n) };
      if (!(await counted)) {
        givingUp.abort(new DOMException("no answer in time", "TimeoutError"));
        return;
      }
      await wait(pauseMs);
    }
  }

  let status = "closed";
  try {
    for await (const { error } of client.rerankStream(requests(), { signal: givingUp.signal })) {
      if (error) answers.emit("error", error);
      else answers.emit("answer");
    }
  } catch (error) {
    status = statusOf(error);
    answers.emit("error", error);
  }
  over = true;
  answers.emit("error", new RerankClientError("unavailable", "the stream ended"));
  return stop.aborted ? undefined : status;
}
