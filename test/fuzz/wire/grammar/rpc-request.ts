import { gzipSync } from "node:zlib";
import { create, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import {
  type LongDocuments,
  RerankRequestSchema,
  RerankStreamRequestSchema,
  type TruncationDirection,
} from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import type { Random } from "../../random.ts";
import { type JsonObject, mutateObject, textOf, textsOf, wideTextOf } from "./json-value.ts";
import { mutateBytes, mutateText } from "./mutate.ts";
import type { WireRequest } from "./wire-request.ts";

/** The dialects of an RPC. */
export type RpcDialect = "connect" | "connect-stream" | "grpc" | "grpc-web";

const unaryPaths = [
  "/rerank.v1.RerankService/Rerank",
  "/rerank.v1.RerankService/Rerank",
  "/rerank.v1.RerankService/Health",
  "/tei.v1.Rerank/Rerank",
  "/tei.v1.Info/Info",
  "/grpc.health.v1.Health/Check",
] as const;

const streamPaths = [
  "/rerank.v1.RerankService/RerankStream",
  "/rerank.v1.RerankService/RerankStream",
  "/tei.v1.Rerank/RerankStream",
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
] as const;

const timeouts = [
  "1S",
  "100m",
  "0m",
  "-1S",
  "1",
  "123456789S",
  "99999999H",
  "1n",
  "S",
  "é",
] as const;

/** Returns a call of an RPC: mostly valid, with up to three mutations. */
export function rpcRequestOf(random: Random, dialect: RpcDialect): WireRequest {
  const isStream = dialect === "connect-stream" || (dialect !== "connect" && random.once(4));
  const path = isStream ? random.pick(streamPaths) : random.pick(unaryPaths);
  const json = random.once(dialect.startsWith("connect") ? 2 : 8);
  const headers: [string, string][] = [["content-type", contentTypeOf(dialect, json)]];
  if (dialect === "grpc") headers.push(["te", "trailers"]);
  if (random.once(8)) headers.push(timeoutOf(random, dialect));
  const compressed = random.once(6);
  if (compressed || random.once(12)) headers.push(encodingOf(random, dialect));
  if (random.once(30)) headers[0] = ["content-type", random.pick(strangeTypes)];
  if (random.once(40)) headers.push(["connect-protocol-version", random.pick(["1", "2", ""])]);
  const method = random.once(40) ? random.pick(["GET", "PUT", "HEAD"]) : "POST";
  const body = bodyOf(random, { dialect, path, json, compressed });
  return { method, path: random.once(30) ? `${path}x` : path, headers, body };
}

const strangeTypes = [
  "application/grpc+",
  "application/grpc+json",
  "application/grpc-web-text",
  "application/grpc;",
  "application/grpc; charset=utf-8",
  "application/grpc+proto; charset=latin1",
  "application/connect+",
  "application/json",
  "application/proto",
] as const;

function contentTypeOf(dialect: RpcDialect, json: boolean): string {
  const codec = json ? "json" : "proto";
  if (dialect === "connect") return `application/${codec}`;
  if (dialect === "connect-stream") return `application/connect+${codec}`;
  return `application/${dialect}+${codec}`;
}

function timeoutOf(random: Random, dialect: RpcDialect): [string, string] {
  if (!dialect.startsWith("connect")) {
    return ["grpc-timeout", random.pick(timeouts).replace("é", "x")];
  }
  const name = "connect-timeout-ms";
  return [name, random.pick(["1000", "0", "-1", "x", "9".repeat(10), "9".repeat(30), "1e3"])];
}

function encodingOf(random: Random, dialect: RpcDialect): [string, string] {
  const name =
    dialect === "connect"
      ? "content-encoding"
      : dialect === "connect-stream"
        ? "connect-content-encoding"
        : "grpc-encoding";
  return [name, random.pick(["gzip", "gzip", "gzip", "identity", "br", "nope"])];
}

interface Form {
  readonly dialect: RpcDialect;
  readonly path: string;
  readonly json: boolean;
  readonly compressed: boolean;
}

function bodyOf(random: Random, form: Form): Buffer {
  if (form.dialect === "connect") {
    const message = messageOf(random, form);
    return form.compressed ? gzipSync(message) : message;
  }
  const count = form.path.includes("Stream") ? random.below(4) : random.once(30) ? 2 : 1;
  const envelopes = Array.from({ length: count }, () => envelopeOf(random, form));
  const body = Buffer.concat(envelopes);
  return random.once(15) ? mutateBytes(random, body) : body;
}

/** Returns a message in its envelope: a byte of flags, its length in four bytes, its bytes. */
function envelopeOf(random: Random, form: Form): Buffer {
  const plain = messageOf(random, form);
  const message = form.compressed ? gzipSync(plain) : plain;
  const head = Buffer.alloc(5);
  head[0] = form.compressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  if (random.once(20)) head[0] = random.pick([0, 1, 2, 3, 0x80, 0x81, 0xff]);
  if (random.once(20)) {
    head.writeUInt32BE(random.pick([0, 1, message.length + 1, 2 ** 31, 2 ** 32 - 1]), 1);
  }
  return Buffer.concat([head, message]);
}

function messageOf(random: Random, { path, json }: Form): Buffer {
  const request = create(RerankRequestSchema, requestFieldsOf(random));
  const inStream = create(RerankStreamRequestSchema, {
    id: random.once(12) ? wideTextOf(random) : random.pick(["a", "b", "c", ""]),
    request,
    timeoutMs: random.pick([0, 1000, 2 ** 31 - 1]),
  });
  const isOwnStream = path.endsWith("/RerankStream");
  if (!json) {
    const bytes = isOwnStream
      ? toBinary(RerankStreamRequestSchema, inStream)
      : toBinary(RerankRequestSchema, request);
    if (random.once(300)) return Buffer.alloc(1 + random.below(20_000), 0x0b);
    return random.once(4) ? mutateBytes(random, bytes) : Buffer.from(bytes);
  }
  const value = isOwnStream
    ? toJson(RerankStreamRequestSchema, inStream)
    : toJson(RerankRequestSchema, request);
  const fields = value as JsonObject;
  for (let left = random.below(3); left > 0; left -= 1) mutateObject(random, fields);
  const text = JSON.stringify(fields);
  return Buffer.from(random.once(5) ? mutateText(random, text) : text);
}

function requestFieldsOf(random: Random): MessageInitShape<typeof RerankRequestSchema> {
  return {
    // The first field of a probe is the name of a service.
    query: random.once(20) ? random.pick(["", wideTextOf(random)]) : textOf(random),
    documents: textsOf(random),
    topN: random.once(2) ? random.below(9) - 1 : undefined,
    returnDocuments: random.once(4),
    longDocuments: (random.once(6) ? random.below(5) : 0) as LongDocuments,
    truncationDirection: (random.once(6) ? random.below(5) : 0) as TruncationDirection,
    maxTokensPerDoc: random.once(6) ? random.below(600) - 1 : undefined,
    scoreThreshold: random.once(6) ? random.pick([0, 0.5, Number.NaN, -1, 2]) : undefined,
    truncate: random.once(9) ? false : undefined,
    model: random.once(9) ? random.pick(["fuzz-model", "no", "\n", wideTextOf(random)]) : "",
  };
}
