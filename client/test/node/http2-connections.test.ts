import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Stream, createServer, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { suite, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { type ConnectionTimes, Http2Connections } from "../../src/node/http2-connections.ts";

/** So long that a slow machine reaches none of them; each test shortens what it is about. */
const times: ConnectionTimes = {
  pingIntervalMs: 60_000,
  pingTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
};

interface Setup {
  readonly connections: Http2Connections;
  /** Connections that the server has had. */
  readonly sessions: readonly ServerHttp2Session[];
  /** Pings that the server was sent. */
  readonly pings: () => number;
  /** From now on nothing reaches the server or comes from it, and no connection is closed. */
  freeze(): void;
}

/** Starts a server that answers `/now` at once and anything else never, behind a line that can fail. */
async function start(context: TestContext, overrides: Partial<ConnectionTimes> = {}) {
  const sessions: ServerHttp2Session[] = [];
  let pings = 0;
  const server = createServer();
  server.on("session", (session) => {
    sessions.push(session);
    session.on("ping", () => {
      pings += 1;
    });
    session.on("error", () => undefined);
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    stream.respond({ ":status": 200 });
    if (headers[":path"] === "/now") stream.end("answer");
    else stream.write("beginning");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const sockets = new Set<ReturnType<typeof connect>>();
  const line = createTcpServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    near.pipe(far);
    far.pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  line.listen(0, "127.0.0.1");
  await once(line, "listening");

  const url = `http://127.0.0.1:${(line.address() as AddressInfo).port}`;
  const connections = new Http2Connections(url, { ...times, ...overrides }, {});
  context.after(() => {
    connections.abort();
    for (const socket of sockets) socket.destroy();
    server.close();
    line.close();
  });
  const setup: Setup = {
    connections,
    sessions,
    pings: () => pings,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
  return setup;
}

/** Makes a call and returns its stream once the answer has begun. */
async function call({ connections }: Setup, path: string): Promise<ClientHttp2Stream> {
  const stream = await connections.request("GET", path, {}, {});
  stream.on("error", () => undefined);
  await once(stream, "response");
  return stream;
}

async function callToTheEnd(setup: Setup): Promise<string> {
  const stream = await call(setup, "/now");
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}

suite("Http2Connections", () => {
  test("pings during a call, which goes on as long as the server answers", async (context) => {
    const setup = await start(context, { pingIntervalMs: 20 });
    const stream = await call(setup, "/never");

    while (setup.pings() < 3) await sleep(10);

    assert.equal(stream.destroyed, false);
    assert.equal(setup.sessions.length, 1);
  });

  test("ends a call with `unavailable` when the server answers no ping", async (context) => {
    const setup = await start(context, { pingIntervalMs: 50, pingTimeoutMs: 50 });
    const stream = await call(setup, "/never");

    setup.freeze();
    const [error] = await once(stream, "error");

    assert.equal(ConnectError.from(error).code, Code.Unavailable);
    assert.match(ConnectError.from(error).message, /did not answer a PING/);
  });

  test("does not ping without calls, and closes what nobody uses", async (context) => {
    const setup = await start(context, { idleTimeoutMs: 150 });
    await callToTheEnd(setup);
    const [session] = setup.sessions;
    assert(session);

    if (!session.destroyed) await once(session, "close");

    assert.equal(setup.pings(), 0);
    assert.equal(await callToTheEnd(setup), "answer");
    assert.equal(setup.sessions.length, 2);
  });

  test("makes calls again after some that met a connection which was closing", async (context) => {
    const setup = await start(context, { pingIntervalMs: 20 });
    await callToTheEnd(setup);
    await sleep(60);

    const calls = [callToTheEnd(setup), callToTheEnd(setup)];
    setup.sessions[0]?.close();

    await Promise.allSettled(calls);
    await sleep(60);
    assert.equal(await callToTheEnd(setup), "answer");
  });

  test("may be given up while a connection breaks", async (context) => {
    const setup = await start(context, { pingIntervalMs: 50, pingTimeoutMs: 50 });
    const stream = await call(setup, "/never");
    const session = stream.session;
    assert(session);
    setup.freeze();

    await once(stream, "error");
    setup.connections.abort();

    // Its error would end the process if nobody listened.
    if (!session.destroyed) await once(session, "close");
    await sleep(10);
  });
});
