import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http";
import { suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { connectRaw, postRerank, sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

/** Text that stands in requests and must not come back in an answer. */
const secret = "confidential";

interface BadCase {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly headers?: OutgoingHttpHeaders;
  readonly method?: string;
  readonly status: number;
  readonly message: RegExp;
}

const fields = (value: object): string =>
  JSON.stringify({ query: secret, documents: [secret], ...value });

const cases: readonly BadCase[] = [
  { name: "no body", body: "", status: 400, message: /not valid JSON/ },
  { name: "broken JSON", body: `{"query":"${secret}",}`, status: 400, message: /not valid JSON/ },
  { name: "no object", body: `["${secret}"]`, status: 400, message: /not a JSON object/ },
  {
    name: "invalid UTF-8",
    body: Buffer.from(`{"query":"${secret}\xff"}`, "latin1"),
    status: 400,
    message: /not valid JSON in UTF-8/,
  },
  {
    name: "a query of the wrong type",
    body: fields({ query: 5 }),
    status: 400,
    message: /`query` must be a string/,
  },
  {
    name: "an empty query",
    body: fields({ query: "" }),
    status: 400,
    message: /`query` must not be empty/,
  },
  {
    name: "no query",
    body: `{"documents":["${secret}"]}`,
    status: 400,
    message: /`query` must not be empty/,
  },
  {
    name: "documents that are no list",
    body: fields({ documents: secret }),
    status: 400,
    message: /`documents` must be a list/,
  },
  {
    name: "documents with null",
    body: fields({ documents: [secret, null] }),
    status: 400,
    message: /`documents` must be a list, each item a string/,
  },
  {
    name: "documents with numbers",
    body: fields({ documents: [secret, "b", "c", 7] }),
    status: 400,
    message: /`documents\[3\]` must be a string/,
  },
  {
    name: "too many documents",
    body: fields({ documents: Array(1_001).fill("a") }),
    status: 400,
    message: /`documents` must hold at most 1000 documents/,
  },
  {
    name: "a negative top_n",
    body: fields({ top_n: -1 }),
    status: 400,
    message: /`top_n` must be a whole number of 0 or more/,
  },
  ...[1.5, 2 ** 31, 1e300, secret].map((topN) => ({
    name: `a top_n of ${topN}`,
    body: fields({ top_n: topN }),
    status: 400,
    message: /`top_n` must be a whole number in the range of an int32/,
  })),
  {
    name: "a truncate of the wrong type",
    body: fields({ truncate: secret }),
    status: 400,
    message: /`truncate` must be true or false/,
  },
  ...["windows", "LONG_DOCUMENTS_WINDOW", secret].map((name) => ({
    name: `long_documents that are called ${name}`,
    body: fields({ long_documents: name }),
    status: 400,
    message: /`long_documents` must be .*LONG_DOCUMENTS_TRUNCATE or LONG_DOCUMENTS_WINDOWS/,
  })),
  {
    name: "a misspelled direction under the other name of its field",
    body: fields({ truncationDirection: "LEFT" }),
    status: 400,
    message: /`truncation_direction` must be .*TRUNCATION_DIRECTION_LEFT or/,
  },
  {
    name: "long_documents of a number that has no meaning",
    body: fields({ long_documents: 7 }),
    status: 400,
    message: /`long_documents` must be .*, got: `7`/,
  },
  {
    name: "a truncation_direction of a number that has no meaning",
    body: fields({ truncation_direction: -1 }),
    status: 400,
    message: /`truncation_direction` must be .*, got: `-1`/,
  },
  {
    name: "a truncation_direction of the wrong type",
    body: fields({ truncation_direction: true }),
    status: 400,
    message: /`truncation_direction` must be TRUNCATION_DIRECTION_UNSPECIFIED or/,
  },
  {
    name: "a max_tokens_per_doc of 0",
    body: fields({ max_tokens_per_doc: 0 }),
    status: 400,
    message: /`max_tokens_per_doc` must be a whole number of 1 or more, got: 0/,
  },
  ...["NaN", "Infinity"].map((value) => ({
    name: `a score_threshold of ${value}`,
    body: fields({ score_threshold: value }),
    status: 400,
    message: /`score_threshold` must be a finite number/,
  })),
  ...[1e300, secret].map((value) => ({
    name: `a score_threshold of ${value}`,
    body: fields({ score_threshold: value }),
    status: 400,
    message: /`score_threshold` must be a number in the range of a float/,
  })),
  {
    name: "an unknown model",
    body: fields({ model: "other" }),
    status: 404,
    message: /`model` must be one that is served \(`fake-model`, `owner\/alias`\)/,
  },
  {
    name: "a body that is not what its encoding says",
    body: fields({}),
    headers: { "content-encoding": "gzip" },
    status: 400,
    message: /a message could not be decompressed/,
  },
  {
    name: "a body that is too large once decompressed",
    body: gzipSync(fields({ documents: ["a".repeat(200_000)] })),
    headers: { "content-encoding": "gzip" },
    status: 429,
    message: /the message must be at most 100000 bytes/,
  },
  {
    name: "a body that is too large",
    body: fields({ documents: ["a".repeat(200_000)] }),
    status: 429,
    message: /the message must be at most 100000 bytes/,
  },
  {
    name: "a wrong content type",
    body: fields({}),
    headers: { "content-type": "text/plain" },
    status: 415,
    message: /`content-type` must be `application\/json`/,
  },
  {
    name: "a wrong method",
    body: fields({}),
    method: "PUT",
    status: 405,
    message: /method must be one of: POST/,
  },
  {
    name: "a deadline that is no number",
    body: fields({}),
    headers: { "connect-timeout-ms": "soon" },
    status: 400,
    message: /timeout/,
  },
  {
    name: "a host that is no host",
    body: fields({}),
    headers: { host: "a b" },
    status: 400,
    message: /`host` must name a host/,
  },
];

suite("bad input over Connect JSON", () => {
  for (const { name, body, headers, method, status, message } of cases) {
    test(`answers ${name} with ${status}`, async (context) => {
      const { url, log } = await startServer(context, { limits: { maxBodyBytes: 100_000 } });

      const answer = await sendHttp1(`${url}/rerank.v1.RerankService/Rerank`, {
        method: method ?? "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });

      assert.equal(answer.status, status);
      assert.match(JSON.parse(answer.text).message, message);
      assert.doesNotMatch(answer.text, new RegExp(`${secret}|node_modules|\\.ts|\\.js|at file`));
      assert.ok(answer.headers["x-request-id"]);
      const { fields: line } = await log.find((candidate) => candidate.message === "request");
      assert.equal(line.status, status);
      assert.notEqual(line.code, "ok");
      const good = await postRerank(url, { query: "q", documents: ["a"] });
      assert.equal(good.status, 200);
      assert.doesNotMatch(JSON.stringify(log.lines), new RegExp(secret));
    });
  }

  test("ignores unknown fields and takes both spellings", async (context) => {
    const { url, reranker } = await startServer(context);
    const path = `${url}/rerank.v1.RerankService/Rerank`;
    const headers = { "content-type": "application/json" };

    for (const field of ["top_n", "topN"]) {
      const body = fields({ [field]: 1, nope: { deep: 1 } });
      assert.equal((await sendHttp1(path, { headers, body })).status, 200);
    }

    assert.deepEqual(
      reranker.requests.map(({ topN }) => topN),
      [1, 1],
    );
  });

  test("takes enum names in documents for text", async (context) => {
    const { url } = await startServer(context);
    const documents = ['{"long_documents": "windows"}', '"long_documents": "windows"'];

    const answer = await sendHttp1(`${url}/rerank.v1.RerankService/Rerank`, {
      headers: { "content-type": "application/json" },
      body: fields({ documents, long_documents: "LONG_DOCUMENTS_WINDOWS" }),
    });

    assert.equal(answer.status, 200);
  });

  test("answers an unknown RPC as Connect has it", async (context) => {
    const { url } = await startServer(context);

    const answer = await sendHttp1(`${url}/rerank.v1.RerankService/Nope`, {
      headers: { "content-type": "application/proto" },
      body: "",
    });

    assert.equal(answer.status, 404);
    assert.equal(JSON.parse(answer.text).code, "unimplemented");
    assert.match(JSON.parse(answer.text).message, /no such method; services: rerank\.v1\.Rerank/);
  });

  test("refuses a stream of requests over HTTP/1.1", async (context) => {
    const { url } = await startServer(context);

    const answer = await sendHttp1(`${url}/rerank.v1.RerankService/RerankStream`, {
      headers: { "content-type": "application/connect+json" },
      body: "",
    });

    assert.equal(answer.headers.connection, "close");
    assert.match(answer.text, /"code":"unimplemented","message":"[^"]*needs HTTP\/2"/);
  });

  test("survives a request without a host", async (context) => {
    const { port, url } = await startServer(context);
    const raw = await connectRaw(context, port);

    raw.socket.write("POST /rerank.v1.RerankService/Rerank HTTP/1.0\r\ncontent-length: 0\r\n\r\n");
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 4\d\d /);
    assert.equal((await postRerank(url, { query: "q", documents: [] })).status, 200);
  });
});
