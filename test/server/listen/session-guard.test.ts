import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { connect } from "node:net";
import { suite, test } from "node:test";
import { startServer } from "../start-server.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

function frameOf(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header field as HPACK has it: a literal that is not indexed. */
function fieldOf(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)];
  return Buffer.concat([
    Buffer.from([0, nameBytes.length]),
    nameBytes,
    Buffer.from([valueBytes.length]),
    valueBytes,
  ]);
}

suite("a connection of HTTP/2", () => {
  test("is closed after a frame that was wrong, also with a stream open", async (context) => {
    const { port } = await startServer(context, { limits: { idleTimeoutMs: 100 } });
    const fields = [":method:POST", ":path:/rerank", ":scheme:http", ":authority:a"].map(
      (field) => {
        const at = field.indexOf(":", 1);
        return fieldOf(field.slice(0, at), field.slice(at + 1));
      },
    );
    const socket = connect(port, "127.0.0.1");
    context.after(() => socket.destroy());
    socket.on("error", () => undefined).resume();
    const closed = once(socket, "close");

    socket.write(
      Buffer.concat([
        preface,
        frameOf(4, 0, 0, Buffer.alloc(0)),
        // Headers that end, of a request that does not; then data of a stream that was never begun.
        frameOf(1, 4, 1, Buffer.concat(fields)),
        frameOf(0, 0, 5, Buffer.from("x")),
      ]),
    );

    await closed;
  });

  test("stays while its client answers, however long a call takes", async (context) => {
    const { url, reranker } = await startServer(context, { limits: { idleTimeoutMs: 30 } });
    const session = http2.connect(url);
    context.after(() => session.destroy());
    const stream = session.request({ ":method": "POST", ":path": "/rerank" });
    stream.end(JSON.stringify({ query: "hold", documents: ["a"] }));

    for (let pings = 0; pings < 4; pings += 1) await once(session, "ping");
    const answered = once(stream, "response");
    reranker.releaseAll();

    const [headers] = await answered;
    assert.equal(headers[":status"], 200);
  });
});
