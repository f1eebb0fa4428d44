import assert from "node:assert/strict";
import { Agent } from "node:http";
import { Session } from "node:inspector/promises";
import { type TestContext, test } from "node:test";
import { sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

/** The compiled source of the server. */
const source = /\/dist\/src\/(server\/.*)\.js$/;

/** Returns the files of which a function was called since the last time; V8 counts the calls. */
async function createFileCounter(context: TestContext): Promise<() => Promise<string[]>> {
  const session = new Session();
  session.connect();
  context.after(() => session.disconnect());
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  return async () => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    return result
      .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
      .flatMap(({ url }) => source.exec(url)?.[1] ?? [])
      .sort();
  };
}

test("a JSON request passes 8 files at most from the socket to the reranker", async (context) => {
  const running = await startServer(context);
  const { reranker } = running.models;
  const rerank = reranker.rerank.bind(reranker);
  let files: readonly string[] = [];
  const takeFiles = await createFileCounter(context);
  const agent = new Agent({ keepAlive: true });
  context.after(() => agent.destroy());
  const post = () =>
    sendHttp1(`${running.url}/rerank`, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "q", documents: ["a", "b"] }),
      agent,
    });
  // The first request opens the connection.
  await post();
  await running.log.find(({ message }) => message === "request");
  await takeFiles();
  reranker.rerank = async (request, call) => {
    files = await takeFiles();
    return await rerank(request, call);
  };

  await post();

  assert.deepEqual(files, [
    "server/call/answer-call",
    "server/call/call",
    "server/http/dialects/rerank",
    "server/http/http-target",
    "server/http/json-fields",
    "server/http/json-route",
    "server/http/ranking-fields",
    "server/listen/http1-server",
  ]);
});
