import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { createRequestLog } from "../../../src/server/call/request-log.ts";
import { createRecordingLogger } from "../../fakes/recording-logger.ts";
import { connectRaw, postJson, postRerank } from "../http-client.ts";
import {
  callUnary,
  collectStream,
  createForeignClient,
  openStream,
} from "../rpc/grpc-js-client.ts";
import { type RunningServer, type StartOptions, startServer } from "../start-server.ts";

const rerankService = "rerank.v1.RerankService";
const marker = "confidential";

/** Returns what the line of the only call says of its refusal. */
async function refusedOf({ log }: RunningServer): Promise<object> {
  const { fields } = await log.find(({ message }) => message === "request");
  const { status, code, reason, field, limit, peer } = fields;
  assert.doesNotMatch(JSON.stringify(log.lines), new RegExp(marker));
  return { status, code, reason, field, limit, peer };
}

const peer = "127.0.0.1";

/** Calls that are refused, each with the marker in what a caller wrote, and what their lines say. */
const cases: readonly {
  readonly name: string;
  readonly options?: StartOptions;
  readonly call: (running: RunningServer, context: TestContext) => Promise<unknown>;
  readonly line: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: "401",
    options: { apiKeys: ["a-key"] },
    call: ({ url }) => postRerank(url, {}, { "x-api-key": marker }),
    line: {
      status: 401,
      code: "unauthenticated",
      reason: "the API key is not one that this server takes",
    },
  },
  {
    name: "404",
    call: ({ url }) => postRerank(url, { query: "q", documents: [], model: marker }),
    line: {
      status: 404,
      code: "not_found",
      reason: "must be one that is served (`fake-model`, `owner/alias`)",
      field: "model",
    },
  },
  {
    name: "413",
    options: { limits: { maxBodyBytes: 10 } },
    call: ({ url }) => postRerank(url, { query: marker }),
    line: {
      status: 413,
      code: "resource_exhausted",
      reason: "the body must be at most 10 bytes",
      limit: 10,
    },
  },
  {
    name: "422 for too many documents",
    call: ({ url }) => postRerank(url, { query: marker, documents: Array(1_001).fill(marker) }),
    line: {
      status: 422,
      code: "invalid_argument",
      reason: "must hold at most 1000 documents",
      field: "documents",
      limit: 1_000,
    },
  },
  {
    name: "422 in another dialect's words",
    call: ({ url }) => postJson(`${url}/rerank`, { query: "q", texts: Array(1_001).fill(marker) }),
    line: {
      status: 422,
      code: "invalid_argument",
      reason: "must hold at most 1000 documents",
      field: "texts",
      limit: 1_000,
    },
  },
  {
    name: "422 for a field of a document, whose name is the caller's",
    call: ({ url }) =>
      postRerank(url, { query: "q", documents: [{ [marker]: [] }], rank_fields: [marker] }),
    line: {
      status: 422,
      code: "invalid_argument",
      reason: "must be a string",
      field: "documents[0]",
    },
  },
  {
    name: "422 for a word",
    call: ({ url }) => postRerank(url, { query: "q", documents: [], long_documents: marker }),
    line: {
      status: 422,
      code: "invalid_argument",
      reason: "must be `truncate` or `windows`",
      field: "long_documents",
    },
  },
  {
    name: "429",
    call: ({ url }) => postRerank(url, { query: `busy ${marker}`, documents: [] }),
    line: { status: 429, code: "resource_exhausted", reason: "the queue is full" },
  },
  {
    name: "504",
    call: ({ url }) =>
      postRerank(url, { query: "hold", documents: [marker] }, { "x-request-timeout-ms": "20" }),
    line: {
      status: 504,
      code: "deadline_exceeded",
      reason: "the deadline passed before the request was done",
      field: "x-request-timeout-ms",
      limit: 20,
    },
  },
  {
    name: "INVALID_ARGUMENT over gRPC",
    call: ({ port }, context) =>
      callUnary(createForeignClient(context, port, rerankService), "rerank", {
        query: "q",
        documents: ["x".repeat(1_000_001)],
      }).catch(() => undefined),
    line: {
      status: 200,
      code: "invalid_argument",
      reason: "must have at most 1000000 characters",
      field: "documents[0]",
      limit: 1_000_000,
    },
  },
  {
    name: "a Connect message of the wrong type",
    call: ({ url }) =>
      postJson(`${url}/${rerankService}/Rerank`, { query: [marker], documents: [] }),
    line: {
      status: 400,
      code: "invalid_argument",
      reason: "must be a string of valid Unicode",
      field: "query",
    },
  },
  {
    name: "an enum name that does not exist, over Connect",
    call: ({ url }) =>
      postJson(`${url}/${rerankService}/Rerank`, { query: "q", truncation_direction: marker }),
    line: {
      status: 400,
      code: "invalid_argument",
      reason:
        "must be TRUNCATION_DIRECTION_UNSPECIFIED or TRUNCATION_DIRECTION_LEFT or TRUNCATION_DIRECTION_RIGHT",
      field: "truncation_direction",
    },
  },
  {
    name: "a request that is no HTTP",
    call: async ({ port }, context) => {
      const raw = await connectRaw(context, port);
      raw.socket.write(`${marker}\r\n\r\n`);
      await raw.closed;
    },
    line: { status: 400, code: "invalid_argument", reason: "the request is not valid HTTP" },
  },
];

suite("the line of a refused call says why, and by whom:", () => {
  for (const { name, options = {}, call, line } of cases) {
    test(name, async (context) => {
      const running = await startServer(context, options);

      await call(running, context);

      const nothing = { reason: undefined, field: undefined, limit: undefined };
      assert.deepEqual(await refusedOf(running), { ...nothing, ...line, peer });
    });
  }

  test("the requests of a stream that failed, with why the first did", async (context) => {
    const running = await startServer(context);
    const client = createForeignClient(context, running.port, rerankService);
    const stream = openStream(client, "rerankStream");
    const ended = collectStream(stream);
    stream.write({ id: "a", request: { query: "", documents: [marker] } });
    stream.write({ id: "b", request: { query: "busy", documents: [] } });
    stream.write({ id: "c", request: { query: "q", documents: [] } });
    stream.end();
    await ended;

    const { fields } = await running.log.find(({ message }) => message === "request");
    assert.deepEqual(
      [fields.code, fields.reason, fields.field, fields.failed_requests, fields.peer],
      ["ok", "must not be empty", "query", 2, peer],
    );
  });
});

suite("a flood of refused calls", () => {
  test("has a hundred lines, then counts, and its own lines again once it is over", () => {
    let nowMs = 0;
    const log = createRecordingLogger();
    const requestLog = createRequestLog(log, () => nowMs);
    const fault = {
      protocol: "http",
      status: 400,
      code: "invalid_argument",
      reason: "the request is not valid HTTP",
      peer,
      request_id: "id",
    } as const;

    for (let sent = 0; sent < 10_000; sent += 1) requestLog.malformed(fault);
    assert.equal(log.lines.filter(({ level }) => level === "info").length, 100);
    const [warning] = log.lines.filter(({ level }) => level === "warn");
    assert.deepEqual(warning?.fields, { not_logged: { invalid_argument: 1 } });

    nowMs = 1_000;
    for (let sent = 0; sent < 100; sent += 1) requestLog.malformed(fault);
    assert.equal(log.lines.filter(({ level }) => level === "info").length, 110);
  });

  test("does not hide the calls that are answered", async (context) => {
    const { url, log } = await startServer(context, { apiKeys: ["a-key"] });

    const flood = 400;
    await Promise.all(Array.from({ length: flood }, () => postRerank(url, {})));
    await postRerank(url, { query: "q", documents: [] }, { "x-api-key": "a-key" });

    const { fields } = await log.find(({ fields }) => fields.code === "ok");
    assert.equal(fields.status, 200);
    const refused = log.lines.filter(({ fields }) => fields.code === "unauthenticated");
    assert(refused.length >= 100 && refused.length < flood, `${refused.length} lines`);
    assert(log.lines.some(({ fields }) => fields.not_logged !== undefined));
  });
});
