import * as http from "node:http";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import {
  RerankRequestSchema,
  RerankResponseSchema,
  RerankService,
} from "../../gen/rerank/v1/rerank_service_pb.ts";
import type { Outcome } from "./tally.ts";

/** What is asked for. */
export interface Question {
  readonly query: string;
  readonly documents: readonly string[];
  /** The deadline, in milliseconds. Default: 60,000. */
  readonly timeoutMs?: number;
}

/** How one call ended, in a word for the tally and in the protocol's own words. */
export interface Ending {
  readonly outcome: Outcome;
  readonly reason?: string;
}

/** A client of one protocol, as its users have it, without retries of its own. */
export interface Caller {
  readonly protocol: string;
  /** Never rejects. */
  call(question: Question): Promise<Ending>;
  close(): void;
}

const defaultTimeoutMs = 60_000;

/** Returns one caller for each protocol: HTTP/1.1 with kept-alive connections, gRPC, and Connect. */
export function createCallers(port: number): readonly Caller[] {
  return [createHttp1Caller(port), createGrpcCaller(port), createConnectCaller(port)];
}

/** Returns a caller of `POST /rerank` over HTTP/1.1; its connections are kept alive. */
function createHttp1Caller(port: number): Caller {
  const agent = new http.Agent({ keepAlive: true });
  const options = { host: "127.0.0.1", port, path: "/rerank", method: "POST", agent };
  return {
    protocol: "HTTP/1.1",
    call: ({ query, documents, timeoutMs }) =>
      new Promise((resolve) => {
        const headers = {
          "content-type": "application/json",
          ...(timeoutMs === undefined ? {} : { "x-request-timeout-ms": String(timeoutMs) }),
        };
        const request = http.request({ ...options, headers }, (response) => {
          let text = "";
          response.on("data", (chunk) => {
            text += chunk;
          });
          response.on("error", (error) => resolve({ outcome: "lost", reason: error.message }));
          response.on("end", () => resolve(endingOfStatus(response, text)));
        });
        request.on("error", (error: NodeJS.ErrnoException) => {
          const outcome = error.code === "ECONNREFUSED" ? "unreached" : "lost";
          resolve({ outcome, reason: `${error.code}${request.reusedSocket ? " (reused)" : ""}` });
        });
        request.end(JSON.stringify({ query, documents }));
      }),
    close: () => agent.destroy(),
  };
}

function endingOfStatus(response: http.IncomingMessage, text: string): Ending {
  const { statusCode = 0, headers } = response;
  if (statusCode === 200) return { outcome: "answered" };
  const canRetry = statusCode === 503 || statusCode === 429;
  const isClear = canRetry ? headers["retry-after"] !== undefined : clearWords.test(text);
  return { outcome: isClear ? "refused" : "lost", reason: `HTTP ${statusCode} ${text.trim()}` };
}

/** Returns a caller of gRPC with grpc-js, Node's own implementation. */
function createGrpcCaller(port: number): Caller {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 100,
  });
  const path = `/${RerankService.typeName}/Rerank`;
  return {
    protocol: "gRPC",
    call: ({ query, documents, timeoutMs = defaultTimeoutMs }) =>
      new Promise((resolve) => {
        client.makeUnaryRequest(
          path,
          (message: Question) => {
            const { documents: texts } = message;
            const request = create(RerankRequestSchema, { query, documents: [...texts] });
            return Buffer.from(toBinary(RerankRequestSchema, request));
          },
          (bytes) => fromBinary(RerankResponseSchema, bytes),
          { query, documents },
          new grpc.Metadata(),
          { deadline: Date.now() + timeoutMs },
          (error) => resolve(error ? endingOfGrpc(error) : { outcome: "answered" }),
        );
      }),
    close: () => client.close(),
  };
}

/** Codes that say all, in gRPC and Connect. */
const clearCodes: ReadonlySet<number> = new Set([Code.ResourceExhausted, Code.DeadlineExceeded]);

/** The server's own words, or a stream that it says it did not begin. */
const clearWords = /try again|is stopping|stopped before|failed twice|Stream refused by server/;

function endingOfGrpc({ code, details }: grpc.ServiceError): Ending {
  const reason = `gRPC ${grpc.status[code]}: ${details}`;
  if (/ECONNREFUSED|No connection established/.test(details))
    return { outcome: "unreached", reason };
  const isClear = clearCodes.has(code) || clearWords.test(details);
  return { outcome: isClear ? "refused" : "lost", reason };
}

/** Returns a caller of Connect over HTTP/2. */
function createConnectCaller(port: number): Caller {
  const baseUrl = `http://127.0.0.1:${port}`;
  const client = createClient(RerankService, createConnectTransport({ baseUrl, httpVersion: "2" }));
  return {
    protocol: "Connect",
    async call({ query, documents, timeoutMs = defaultTimeoutMs }) {
      try {
        await client.rerank({ query, documents: [...documents] }, { timeoutMs });
        return { outcome: "answered" };
      } catch (error) {
        return endingOfConnect(ConnectError.from(error));
      }
    },
    close: () => {},
  };
}

/** What Node says of a stream that never reached the server, or that it says it did not begin. */
const notBegun = /REFUSED_STREAM|GOAWAY|session has been destroyed/i;

function endingOfConnect({ code, rawMessage, cause }: ConnectError): Ending {
  const causeText = cause instanceof Error ? cause.message : "";
  const reason = `Connect ${Code[code]}: ${rawMessage}`;
  if (/ECONNREFUSED/.test(`${rawMessage} ${causeText}`)) return { outcome: "unreached", reason };
  const isClear =
    clearCodes.has(code) ||
    clearWords.test(rawMessage) ||
    notBegun.test(`${rawMessage} ${causeText}`);
  return { outcome: isClear ? "refused" : "lost", reason };
}
