import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http";
import { suite, test } from "node:test";
import { connectHttp2, sendHttp1, sendHttp2 } from "../http-client.ts";
import { assertAlive, startServer } from "../start-server.ts";

/** Text that stands in requests and must not come back in an answer. */
const secret = "confidential";

interface BadCase {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly status: number;
  readonly message: RegExp;
}

const fields = (value: object): string =>
  JSON.stringify({ query: secret, documents: [secret], ...value });

const cases: readonly BadCase[] = [
  { name: "no body", body: "", status: 400, message: /must be JSON, got: nothing/ },
  {
    name: "broken JSON",
    body: `{"query":"${secret}",}`,
    status: 400,
    message: /must be JSON; it breaks at character 24/,
  },
  { name: "cut JSON", body: `{"query":"${secret}`, status: 400, message: /must be JSON/ },
  { name: "no object", body: `["${secret}"]`, status: 422, message: /`body` .* a list/ },
  {
    name: "invalid UTF-8",
    body: Buffer.from(`{"query":"${secret}\xff","documents":[]}`, "latin1"),
    status: 400,
    message: /must be UTF-8/,
  },
  {
    name: "a query of the wrong type",
    body: fields({ query: 5 }),
    status: 422,
    message: /`query` must be a string, got: a number/,
  },
  {
    name: "no query",
    body: `{"documents":["${secret}"]}`,
    status: 422,
    message: /`query` must be a string, got: nothing/,
  },
  {
    name: "an empty query",
    body: fields({ query: "" }),
    status: 422,
    message: /`query` must not be empty/,
  },
  {
    name: "documents that are no list",
    body: fields({ documents: secret }),
    status: 422,
    message: /`documents` must be a list of strings, got: a string/,
  },
  {
    name: "no documents",
    body: `{"query":"${secret}"}`,
    status: 422,
    message: /`documents` must be a list of strings, got: nothing/,
  },
  {
    name: "a document that is nested too deeply to be sent back",
    body: `{"query":"q","return_documents":true,"documents":[{"text":"${secret}","x":${"[".repeat(9_000)}${"]".repeat(9_000)}}]}`,
    status: 422,
    message: /`documents\[0\]` must not be nested more than 100 levels deep/,
  },
  {
    name: "documents with null",
    body: fields({ documents: [secret, null] }),
    status: 422,
    message: /`documents\[1\]` must be a string, got: null/,
  },
  {
    name: "documents with numbers",
    body: fields({ documents: [secret, "b", "c", 7] }),
    status: 422,
    message: /`documents\[3\]` must be a string, got: a number/,
  },
  {
    name: "too many documents",
    body: fields({ documents: Array(1_001).fill("a") }),
    status: 422,
    message: /`documents` must hold at most 1000 documents, got: 1001/,
  },
  ...[-1, 1.5, 2 ** 31, 1e300].map((topN) => ({
    name: `a top_n of ${topN}`,
    body: fields({ top_n: topN }),
    status: 422,
    message: /`top_n` must be a whole number from 0 to 2147483647/,
  })),
  {
    name: "a top_n of the wrong type",
    body: fields({ top_n: "three" }),
    status: 422,
    message: /`top_n` must be a whole number, got: a string/,
  },
  ...["return_documents", "raw_scores", "truncate"].map((name) => ({
    name: `a ${name} of the wrong type`,
    body: fields({ [name]: 2 }),
    status: 422,
    message: new RegExp(`\`${name}\` must be true or false, got: a number`),
  })),
  {
    name: "an unknown model",
    body: fields({ model: "other" }),
    status: 404,
    message: /`model` must be one that is served \(`fake-model`, `owner\/alias`\)/,
  },
  {
    name: "a model of the wrong type",
    body: fields({ model: 1 }),
    status: 422,
    message: /`model` must be a string/,
  },
  {
    name: "a wrong content type",
    body: fields({}),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    status: 415,
    message: /`content-type` must be `application\/json`/,
  },
  {
    name: "a wrong charset",
    body: fields({}),
    headers: { "content-type": "application/json; charset=latin1" },
    status: 415,
    message: /in UTF-8/,
  },
  {
    name: "an unknown content encoding",
    body: fields({}),
    headers: { "content-encoding": "zstd" },
    status: 415,
    message: /`content-encoding` must be one of/,
  },
  {
    name: "a content encoding that is a property of every object",
    body: fields({}),
    headers: { "content-encoding": "constructor" },
    status: 415,
    message: /`content-encoding` must be one of/,
  },
  {
    name: "a body that is not what its encoding says",
    body: fields({}),
    headers: { "content-encoding": "gzip" },
    status: 400,
    message: /does not match its `content-encoding`/,
  },
  ...["0", "-5", "1.5", "soon"].map((timeout) => ({
    name: `a time limit of ${timeout}`,
    body: fields({}),
    headers: { "x-request-timeout-ms": timeout },
    status: 422,
    message: /`x-request-timeout-ms` must be a whole number/,
  })),
  {
    name: "a wrong method",
    body: fields({}),
    method: "PUT",
    status: 405,
    message: /method must be one of: POST/,
  },
  {
    name: "an unknown path",
    body: fields({}),
    path: "/v9/rerank",
    status: 404,
    message: /no such path/,
  },
];

suite("bad input on the plain JSON routes", () => {
  for (const { name, body, path, method, headers, status, message } of cases) {
    test(`answers ${name} with ${status}`, async (context) => {
      const running = await startServer(context);
      const call = {
        method: method ?? "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      };
      const session = connectHttp2(context, running.url);

      const overHttp1 = await sendHttp1(`${running.url}${path ?? "/rerank"}`, call);
      const overHttp2 = await sendHttp2(session, path ?? "/rerank", call);

      for (const answer of [overHttp1, overHttp2]) {
        assert.equal(answer.status, status);
        const parsed = JSON.parse(answer.text);
        assert.match(parsed.message, message);
        assert.equal(parsed.error.message, parsed.message);
        assert.equal(parsed.detail, parsed.message);
        assert.doesNotMatch(answer.text, new RegExp(`${secret}|node_modules|\\.ts|\\.js|at file`));
        assert.ok(answer.headers["x-request-id"]);
      }
      await assertAlive(running);
    });
  }

  test("names the allowed methods", async (context) => {
    const { url } = await startServer(context);

    const rerank = await sendHttp1(`${url}/rerank`, { method: "DELETE" });
    const health = await sendHttp1(`${url}/health`, { method: "POST" });

    assert.equal(rerank.headers.allow, "POST");
    assert.equal(health.headers.allow, "GET, HEAD");
  });
});
