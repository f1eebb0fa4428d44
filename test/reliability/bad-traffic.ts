import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { RerankService } from "../../gen/rerank/v1/rerank_service_pb.ts";
import { smallQuestion } from "./load.ts";

/** One thing that a client does; resolves when it is over, and never rejects. */
export type Act = () => Promise<void>;

/** How long clients that go away stay before, in milliseconds. */
const staysMs = 5;

/** A body over the limit that the soak sets. */
const hugeBody = JSON.stringify({ query: "q", documents: ["x".repeat(1_500_000)] });

const body = JSON.stringify(smallQuestion);

/** Returns what clients do wrong, each once; the soak repeats them. */
export function createBadActs(url: string): readonly Act[] {
  const port = Number(new URL(url).port);
  const http2Client = createClient(RerankService, createGrpcTransport({ baseUrl: url }));
  const webClient = createClient(
    RerankService,
    createGrpcWebTransport({ baseUrl: url, httpVersion: "1.1" }),
  );
  const jsonClient = createClient(
    RerankService,
    createConnectTransport({ baseUrl: url, httpVersion: "1.1", useBinaryFormat: false }),
  );
  const request = { query: smallQuestion.query, documents: [...smallQuestion.documents] };

  const cancelled = (client: typeof http2Client) => async () => {
    const signal = AbortSignal.timeout(staysMs);
    await client.rerank(request, { signal }).catch(ignoreConnectError);
  };
  const late = async () => {
    await http2Client.rerank(request, { timeoutMs: 1 }).catch(ignoreConnectError);
  };
  const wrongField = async () => {
    await webClient.rerank({ ...request, topN: -1 }).catch(ignoreConnectError);
  };
  const leftStream = async () => {
    const signal = AbortSignal.timeout(staysMs);
    try {
      const asked = (async function* () {
        for (let id = 0; id < 3; id += 1) yield { id: `${id}`, request };
        await wait(2 * staysMs);
      })();
      for await (const _answer of http2Client.rerankStream(asked, { signal }));
    } catch (error) {
      ignoreConnectError(error);
    }
  };
  return [
    () => post(port, "/rerank", "{"),
    () => post(port, "/rerank", '{"query":1,"documents":{}}'),
    () => post(port, "/nowhere", body),
    () => post(port, "/rerank", body, { "content-type": "text/csv" }),
    () => post(port, "/rerank", hugeBody),
    () =>
      post(port, "/rerank.v1.RerankService/Rerank", "{}", { "content-type": "application/grpc" }),
    () => cutOff(port, `POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`),
    () => cutOff(port, "nonsense\r\n\r\n"),
    () => cutOff(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense nonsense"),
    () => cutOff(port, ""),
    () => cutStream(url),
    cancelled(http2Client),
    cancelled(webClient),
    cancelled(jsonClient),
    late,
    wrongField,
    leftStream,
  ];
}

function ignoreConnectError(error: unknown): void {
  if (!(error instanceof ConnectError)) throw error;
}

function post(
  port: number,
  path: string,
  text: string,
  headers: http.OutgoingHttpHeaders = { "content-type": "application/json" },
): Promise<void> {
  return new Promise((resolve) => {
    const options = {
      host: "127.0.0.1",
      port,
      path,
      method: "POST",
      headers,
      agent: false,
    } as const;
    const request = http.request(options, (response) => response.resume().on("close", resolve));
    request.on("error", () => resolve());
    request.end(text);
  });
}

/** Sends a part of something, and breaks the connection. */
async function cutOff(port: number, text: string): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  await wait(staysMs);
  socket.resetAndDestroy();
}

async function cutStream(url: string): Promise<void> {
  const session = http2.connect(url);
  session.on("error", () => {});
  const headers = { ":method": "POST", ":path": "/rerank", "content-type": "application/json" };
  const stream = session.request(headers);
  stream.on("error", () => {});
  stream.write(body.slice(0, 10));
  await wait(staysMs);
  session.destroy();
}
