import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { suite, test } from "node:test";
import { clientOptionsFromEnv, createRerankClient } from "../../client/src/index.ts";
import { type ServerProcess, startServerProcess } from "../server-process.ts";

/** The guide's own example. */
const guideRequest = {
  query: "내일 회의 일정",
  documents: [
    "내일 오후 2시에 품질 미팅이 있습니다",
    "오늘 점심은 김치찌개를 먹었다",
    "금요일에 아키텍처 리뷰 회의 예정",
  ],
  top_n: 3,
};

interface Answer {
  model: string;
  results: { index: number; relevance_score: number }[];
}

async function rerank({ url }: ServerProcess, body: object): Promise<Response> {
  return await fetch(`${url}/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** A request that keeps the model busy for a while. */
const largeRequest = {
  query: "long",
  documents: Array.from({ length: 60 }, (_document, index) => `document ${index} `.repeat(300)),
};

suite("rerankd serve", () => {
  test("answers the guide's curl commands with the bundled model", async () => {
    const server = await startServerProcess();

    const health = await fetch(`${server.url}/health`);
    const response = await rerank(server, guideRequest);
    const answer = (await response.json()) as Answer;
    const code = await server.stop();

    assert.equal(health.status, 200);
    const report = (await health.json()) as Record<string, unknown>;
    assert.deepEqual(
      [report.status, report.model, report.device, report.dtype, report.max_length],
      ["ok", "rerankd-multilingual-v1", "cpu", "int8", 512],
    );
    assert.equal(response.status, 200);
    assert.deepEqual(
      answer.results.map(({ index }) => index),
      [0, 2, 1],
    );
    const [first, , last] = answer.results.map(({ relevance_score }) => relevance_score);
    assert(first !== undefined && last !== undefined && first - last > 0.3);
    assert.equal(code, 0);
  });

  test("says on its ready line which model runs where", async () => {
    const server = await startServerProcess(["--dtype=int8", "--max-length=64", "--threads=1"]);

    await server.stop();

    assert.deepEqual(
      [server.ready.model, server.ready.device, server.ready.dtype, server.ready.max_length],
      ["rerankd-multilingual-v1", "cpu", "int8", 64],
    );
    assert.equal(server.ready.threads, 1);
  });

  test("says how clients of the guide are let in that ask for its model by name", async () => {
    const name = "jinaai/jina-reranker-v2-base-multilingual";
    const silent = await startServerProcess([`--served-model-name=${name}`]);
    const telling = await startServerProcess();
    const env = { RERANKER_URL: telling.url, RERANKER_MODEL: name };

    const client = createRerankClient(clientOptionsFromEnv(env));
    const refusal = client.rerank({ query: "q", documents: ["a"] });
    await assert.rejects(refusal, /`--served-model-name` allows further names/);
    await client.close();
    const friend = createRerankClient(clientOptionsFromEnv({ ...env, RERANKER_URL: silent.url }));
    assert.equal((await friend.rerank({ query: "q", documents: ["a"] })).model, name);
    await friend.close();
    await Promise.all([silent.stop(), telling.stop()]);

    const hint = /get an error; .* start with --served-model-name jinaai\/jina-reranker-v2/;
    assert.match(telling.lines.join("\n"), hint);
    assert.doesNotMatch(silent.lines.join("\n"), hint);
  });

  test("serves the model under further names", async () => {
    const name = "jinaai/jina-reranker-v2-base-multilingual";
    const server = await startServerProcess([], { env: { RERANKER_SERVED_MODEL_NAME: name } });

    const named = (await (await rerank(server, { ...guideRequest, model: name })).json()) as Answer;
    const refused = await rerank(server, { ...guideRequest, model: "other" });
    const message = await refused.text();
    await server.stop();

    assert.equal(named.model, name);
    assert.equal(refused.status, 404);
    assert.match(message, /rerankd-multilingual-v1.*jinaai/);
  });

  test("never logs a query or a document", async () => {
    const server = await startServerProcess(["--log-level=debug"]);

    await rerank(server, { query: "secret-query", documents: ["secret-document"] });
    await rerank(server, { query: "secret-query", documents: ["secret-document"], top_n: -1 });
    await server.stop();

    assert(server.lines.length > 3);
    assert.doesNotMatch(server.lines.join("\n"), /secret-/);
  });

  test("answers what runs and refuses what comes after SIGTERM, and ends with 0", async () => {
    // More than a busy machine needs.
    const server = await startServerProcess(["--drain-timeout-ms=120000"]);
    const running = rerank(server, largeRequest);
    await rerank(server, guideRequest);

    const stopped = server.stop();

    assert.equal((await running).status, 200);
    assert.equal(await stopped, 0);
    await assert.rejects(rerank(server, guideRequest));
  });

  test("ends at once at the second signal, also while the model computes", async () => {
    const server = await startServerProcess();
    const running = rerank(server, {
      ...largeRequest,
      documents: largeRequest.documents.concat("x"),
    });
    running.catch(() => {});
    await rerank(server, guideRequest);

    const ended = once(server.child, "exit");
    server.child.kill("SIGINT");
    while (!server.lines.some((line) => line.includes("draining"))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    server.child.kill("SIGINT");

    assert.deepEqual(await ended, [null, "SIGKILL"]);
    await assert.rejects(running);
  });

  test("starts with no limit that it cannot keep", async () => {
    for (const [option, problem] of [
      ["--max-length=513", /at most the model's own limit of 512/],
      ["--cache-mb=4000", /--cache-mb must be .* to 3600/],
      ["--idle-timeout-ms=2147483647", /must be a whole number from 1 to 2000000000/],
      ["--max-body-bytes=2147483647", /must be a whole number from 1 to 536870888/],
    ] as const) {
      await assert.rejects(startServerProcess([option]), problem);
    }
  });

  test("reads one pair in windows however little may wait", async () => {
    const server = await startServerProcess(["--max-queue-tokens=1"]);

    const { status } = await rerank(server, {
      query: "a",
      documents: ["b ".repeat(100)],
      long_documents: "windows",
    });
    await server.stop();

    assert.equal(status, 200);
  });

  test("does not start on a port that is taken, and says so", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    assert(address !== null && typeof address === "object");

    await assert.rejects(startServerProcess([], { port: address.port }), /error: .*in use/);
    holder.close();
  });
});
