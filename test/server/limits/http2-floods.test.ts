import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { assertAlive, startServer } from "../start-server.ts";
import {
  calmDown,
  cancelled,
  flag,
  frame,
  framesOf,
  frameType,
  goawayCodeOf,
  headerBlock,
  openHttp2,
  requestFields,
  writeAll,
} from "./raw-http2.ts";

/** More frames than any limit lets through. */
const floodFrames = 20_000;

/** How many of them are written at once. */
const framesPerWrite = 50;

/** Returns a flood, a frame made by its place in it, in chunks. */
function* floodOf(frameAt: (index: number) => Buffer): Generator<Buffer> {
  for (let start = 0; start < floodFrames; start += framesPerWrite) {
    const indexes = Array.from({ length: framesPerWrite }, (_item, offset) => start + offset);
    yield Buffer.concat(indexes.map(frameAt));
  }
}

/** The id of the nth stream that a client opens. */
const streamIdAt = (index: number): number => 2 * index + 1;

const request = headerBlock(requestFields("POST", "/rerank"));

const openStream = (index: number, flags: number = flag.endHeaders): Buffer =>
  frame(frameType.headers, flags, streamIdAt(index), request);

const longRequest = headerBlock([...requestFields("POST", "/rerank"), ["content-length", "5"]]);

/** What a client can do too often, and what the log calls it. */
const floods: readonly { readonly name: string; readonly at: (index: number) => Buffer }[] = [
  {
    name: "stream_resets",
    at: (index) =>
      Buffer.concat([openStream(index), frame(frameType.reset, 0, streamIdAt(index), cancelled)]),
  },
  {
    name: "stream_resets",
    // A body of another length than was told is an error that the server answers with a reset of
    // its own.
    at: (index) =>
      Buffer.concat([
        frame(frameType.headers, flag.endHeaders, streamIdAt(index), longRequest),
        frame(frameType.data, flag.endStream, streamIdAt(index), Buffer.of(0)),
      ]),
  },
  { name: "settings", at: () => frame(frameType.settings, 0, 0, Buffer.alloc(0)) },
  { name: "pings", at: () => frame(frameType.ping, 0, 0, Buffer.alloc(8)) },
];

suite("a flood over HTTP/2", () => {
  for (const [index, { name, at }] of floods.entries()) {
    test(`of ${name} (${index}) ends with GOAWAY, and others are served`, async (context) => {
      const running = await startServer(context);
      const raw = await openHttp2(context, running.port);

      await writeAll(raw, floodOf(at));
      await raw.closed;

      assert.equal(goawayCodeOf(raw), calmDown);
      const { fields } = await running.log.find(({ message }) => /refused/.test(message));
      assert.deepEqual(fields.refused, { [name]: 1 });
      assert.equal(running.reranker.requests.length, 0);
      await assertAlive(running);
    });
  }

  test("of CONTINUATION frames ends, and others are served", async (context) => {
    const running = await startServer(context);
    const raw = await openHttp2(context, running.port);
    const first = frame(frameType.headers, flag.endStream, 1, request);

    await writeAll(raw, [first]);
    await writeAll(
      raw,
      floodOf((index) =>
        frame(frameType.continuation, 0, 1, headerBlock([[`x-${index}`, "value"]])),
      ),
    );
    await raw.closed;

    assert.equal(running.log.lines.length, 0);
    await assertAlive(running);
  });

  test("of empty CONTINUATION frames ends too", async (context) => {
    const running = await startServer(context);
    const raw = await openHttp2(context, running.port);

    await writeAll(raw, [frame(frameType.headers, flag.endStream, 1, request)]);
    await writeAll(
      raw,
      floodOf(() => frame(frameType.continuation, 0, 1, Buffer.alloc(0))),
    );
    await raw.closed;

    await assertAlive(running);
  });

  test("of empty DATA frames ends", async (context) => {
    const running = await startServer(context);
    const raw = await openHttp2(context, running.port);

    await writeAll(raw, [openStream(0)]);
    await writeAll(
      raw,
      floodOf(() => frame(frameType.data, 0, 1, Buffer.alloc(0))),
    );
    await raw.closed;

    await assertAlive(running);
  });

  test("of streams beyond those that may be open ends, and none is answered", async (context) => {
    const running = await startServer(context, { limits: { maxConcurrentStreams: 4 } });
    const raw = await openHttp2(context, running.port);

    await writeAll(
      raw,
      floodOf((index) => openStream(index)),
    );
    await raw.closed;

    const answered = framesOf(raw).filter(({ type }) => type === frameType.headers);
    assert.equal(answered.length, 0);
    await assertAlive(running);
  });
});

suite("a client over HTTP/2 that does nothing wrong", () => {
  test("may cancel all its calls at once, and go on", async (context) => {
    const running = await startServer(context);
    const raw = await openHttp2(context, running.port);
    const calls = Array.from({ length: 128 }, (_call, index) => index);

    raw.socket.write(Buffer.concat(calls.map((index) => openStream(index))));
    raw.socket.write(
      Buffer.concat(calls.map((index) => frame(frameType.reset, 0, streamIdAt(index), cancelled))),
    );
    const health = headerBlock(requestFields("GET", "/health"));
    const flags = flag.endHeaders | flag.endStream;
    raw.socket.write(frame(frameType.headers, flags, streamIdAt(calls.length), health));
    await raw.until('"status":"ok"');

    assert.equal(goawayCodeOf(raw), undefined);
  });

  test("may ping all the time", async (context) => {
    const running = await startServer(context);
    const raw = await openHttp2(context, running.port);
    const opaque = Buffer.from("the last");
    // nghttp2 takes no more than a thousand at once.
    const pings = Array.from({ length: 900 }, () => frame(frameType.ping, 0, 0, Buffer.alloc(8)));

    raw.socket.write(Buffer.concat([...pings, frame(frameType.ping, 0, 0, opaque)]));
    await raw.until("the last");

    assert.equal(goawayCodeOf(raw), undefined);
  });
});
