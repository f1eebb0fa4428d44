import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { suite, type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createLogger } from "../../src/telemetry/log.ts";
import { connectHttp2, connectRaw, postJson, sendHttp1, sendHttp2 } from "./http-client.ts";
import { callUnary, collectStream, createForeignClient, openStream } from "./rpc/grpc-js-client.ts";
import { type RunningServer, type StartOptions, startServer } from "./start-server.ts";

/** Stands for what a caller would not have anybody read. */
const marker = "CONFIDENTIAL";

const query = `${marker} query`;
const documents = [`${marker} document`, "long"];

interface LoggedServer extends RunningServer {
  /** Everything that was logged. */
  text(): string;
}

/** Starts a server whose log is that of the program, at its most talkative. */
async function startLogged(
  context: TestContext,
  options: StartOptions = {},
): Promise<LoggedServer> {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = createLogger({ level: "debug", format: "json", destination, color: false });
  const running = await startServer(context, { ...options, logger });
  return { ...running, text: () => lines.join("") };
}

/** Asserts that so many calls were logged, and the marker nowhere, nor in what was answered. */
async function assertSilent(
  { text }: LoggedServer,
  calls: number,
  answers: readonly string[],
): Promise<void> {
  const count = () => text().split('"msg":"request"').length - 1;
  // A call is logged when its answer is closed, which may be after the client has it.
  for (let tries = 0; count() < calls && tries < 5_000; tries += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert(count() >= calls, `${count()} of ${calls} calls were logged`);
  assert.doesNotMatch(text(), new RegExp(marker, "i"));
  for (const answer of answers) assert.doesNotMatch(answer, new RegExp(marker, "i"));
}

/** Bodies that are refused, each with the marker in its texts. */
const badBodies: readonly unknown[] = [
  { query, documents: [...documents, 7] },
  { query: [query], documents },
  { query, documents: { text: documents } },
  { query, documents, top_n: -1 },
  { query, documents, truncate: "maybe" },
  { query: "", documents },
  { query, documents: Array(1_001).fill(marker) },
  { query: `${marker} bug`, documents },
  { query: `${marker} busy`, documents },
  { query: `${marker} loading`, documents },
  { query, texts: [marker, null] },
  { text_1: query, text_2: [marker, 1] },
  { queries: [query, query], items: [marker] },
  { query: { text: query }, passages: [{ text: marker }, marker] },
  { query, documents: [{ text: { [marker]: marker } }] },
  { query, documents: [{ title: marker }] },
];

const paths = ["/rerank", "/v1/rerank", "/v2/rerank", "/v1/score", "/v1/ranking"];

/** Bodies that are no JSON, or no text. */
const brokenBodies = [
  `{"query": "${marker}"`,
  `{"query": ${marker}}`,
  `"${marker}"`,
  `["${marker}"]`,
  `{"query": "${marker}", "documents": ["\\ud800${marker}"]}`,
  Buffer.concat([
    Buffer.from(`{"query": "${marker}`),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}'),
  ]),
];

const rpcPath = "/rerank.v1.RerankService/Rerank";
const teiPath = "/tei.v1.Rerank/Rerank";

suite("queries and documents", () => {
  test("are in no log line and no error of the plain routes", async (context) => {
    for (const path of paths) {
      // A server each: of a flood of refused calls only the first hundred have lines.
      const server = await startLogged(context);
      const answers: string[] = [];
      const url = `${server.url}${path}`;
      await postJson(url, { query, documents, texts: documents });
      for (const body of badBodies) answers.push((await postJson(url, body)).text);
      for (const body of brokenBodies) answers.push((await sendHttp1(url, { body })).text);
      const headers = { "content-encoding": "gzip" };
      const broken = gzipSync(JSON.stringify({ query, documents })).subarray(0, 40);
      answers.push((await sendHttp1(url, { headers, body: broken })).text);
      answers.push((await sendHttp1(url, { headers, body: marker })).text);

      // Not every body is bad on every path.
      const errors = answers.filter((text) => /"(error|detail)"/.test(text));
      assert(errors.length > answers.length / 2);
      await assertSilent(server, 1 + badBodies.length + brokenBodies.length + 2, errors);
    }
  });

  test("are in no log line and no error of the RPCs over Connect", async (context) => {
    const server = await startLogged(context);
    const session = connectHttp2(context, server.url);
    const headers = { "content-type": "application/json" };
    const answers: string[] = [];
    const bodies = [
      JSON.stringify({ query, documents }),
      ...badBodies.map((body) => JSON.stringify(body)),
      ...brokenBodies,
      JSON.stringify({ query, documents, long_documents: marker }),
      JSON.stringify({ query, documents, top_n: marker }),
    ];

    for (const path of [rpcPath, teiPath]) {
      for (const body of bodies) {
        answers.push((await sendHttp1(`${server.url}${path}`, { headers, body })).text);
        answers.push((await sendHttp2(session, path, { headers, body })).text);
      }
      const url = `${server.url}${path}?encoding=json&message=${encodeURIComponent(marker)}`;
      answers.push((await sendHttp1(url)).text);
    }

    const errors = answers.filter((text) => /"code"/.test(text));
    assert(errors.length > answers.length / 2);
    await assertSilent(server, 2 * (2 * bodies.length + 1), errors);
  });

  test("are in no log line and no error of the RPCs over gRPC and gRPC-Web", async (context) => {
    const server = await startLogged(context);
    const session = connectHttp2(context, server.url);
    const client = createForeignClient(context, server.port, "rerank.v1.RerankService");
    const tei = createForeignClient(context, server.port, "tei.v1.Rerank");
    const errors: string[] = [];
    const fail = (error: Error): void => {
      errors.push(error.message);
    };

    for (const word of ["", "bug", "busy", "loading"]) {
      await callUnary(client, "rerank", { query: `${query} ${word}`, documents }).catch(fail);
      await callUnary(tei, "rerank", { query: `${query} ${word}`, texts: documents }).catch(fail);
      const stream = openStream(client, "rerankStream");
      const ended = collectStream(stream);
      stream.write({ id: marker, request: { query: `${query} ${word}`, documents } });
      stream.end();
      for (const { error } of (await ended).messages) if (error) errors.push(JSON.stringify(error));
    }
    for (const contentType of ["application/grpc", "application/grpc-web+proto"]) {
      const headers = { "content-type": contentType, te: "trailers" };
      const text = Buffer.from(marker);
      const envelope = Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), text]);
      for (const body of [envelope, text]) {
        const answer = await sendHttp2(session, rpcPath, { headers, body });
        errors.push(JSON.stringify(answer));
      }
    }

    assert(errors.length >= 10);
    await assertSilent(server, 16, errors);
  });
});

suite("paths, headers and names of fields", () => {
  test("are in no log line", async (context) => {
    const server = await startLogged(context, { apiKeys: ["a-key"] });
    const session = connectHttp2(context, server.url);
    const headers = {
      "x-api-key": "a-key",
      [`x-${marker}`]: marker,
      "user-agent": marker,
      cookie: `${marker}=${marker}`,
      referer: `http://x/${marker}`,
      origin: `http://${marker}.example`,
      "x-forwarded-for": marker,
      "grpc-timeout": marker,
      "connect-timeout-ms": marker,
      "x-request-timeout-ms": marker,
      "x-request-id": `not an id: ${marker}`,
    };
    const strangers = [
      { authorization: `Bearer ${marker}` },
      { authorization: `Basic ${marker}` },
      { "x-api-key": marker },
    ];
    const types = ["application/json", "application/grpc", "application/connect+json", marker];
    let calls = 0;
    const send = async (path: string, call: Parameters<typeof sendHttp2>[2]): Promise<void> => {
      await sendHttp1(`${server.url}${path}`, call);
      await sendHttp2(session, path, call);
      calls += 2;
    };

    for (const path of [
      `/${marker}`,
      `/v1/models/${marker}`,
      `/${marker}/%ff`,
      "/rerank",
      rpcPath,
    ]) {
      for (const type of types) {
        const all = { ...headers, "content-type": type };
        await send(path, { headers: all, body: JSON.stringify({ [marker]: marker }) });
      }
      await send(`${path}?${marker}=${marker}`, { headers });
      for (const shown of strangers) await send(path, { headers: shown });
      await send(path, { method: "PUT", headers: { "x-api-key": "a-key" } });
    }
    await postJson(
      `${server.url}/rerank`,
      { query, documents: [{ [marker]: 7 }], rank_fields: [marker], model: marker },
      { "x-api-key": "a-key" },
    );

    await assertSilent(server, calls + 1, []);
  });

  test("are in no log line where the request never became one", async (context) => {
    const server = await startLogged(context);
    const lines = [
      `${marker} / HTTP/1.1`,
      `GET /${marker}`,
      `GET /${marker} HTTP/1.1\r\n${marker}`,
      `GET / HTTP/1.1\r\nhost: x\r\n${marker}: ${marker.repeat(2_000)}`,
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${marker}`,
    ];

    const received: string[] = [];
    for (const line of lines) {
      const raw = await connectRaw(context, server.port);
      raw.socket.write(`${line}\r\n\r\n`);
      await raw.closed;
      received.push(raw.received());
    }

    await assertSilent(server, lines.length, received);
  });
});
