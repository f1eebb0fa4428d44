import { connect } from "node:net";
import { readHttp1Answer } from "./http1-answer.ts";
import { inputTimeoutMs } from "./input-timeout.ts";

const body = JSON.stringify({ query: "q", documents: ["a", "bbb", "bb"] });

const request = [
  "POST /rerank HTTP/1.1",
  "host: localhost",
  "content-type: application/json",
  `content-length: ${body.length}`,
  "",
  body,
].join("\r\n");

/** Returns whether the server ranks three documents rightly, on a connection of their own. */
export function probe(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let received: Buffer = Buffer.alloc(0);
    const finish = (passed: boolean): void => {
      clearTimeout(timer);
      socket.resetAndDestroy();
      resolve(passed);
    };
    const timer = setTimeout(() => finish(false), inputTimeoutMs);
    socket.on("error", () => finish(false));
    socket.on("close", () => finish(false));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const answer = readHttp1Answer(received, { isHead: false, ended: false });
      if (answer !== undefined) finish(answer.status === 200 && isRight(answer.body));
    });
    socket.write(request);
  });
}

/** The model's score is the sum of the characters, so the longest document is the best. */
function isRight(answer: Buffer): boolean {
  const { results } = JSON.parse(answer.toString()) as { results: { index: number }[] };
  return results.map(({ index }) => index).join() === "1,2,0";
}
