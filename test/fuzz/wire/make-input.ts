import { createRandom } from "../random.ts";
import { brokenHttp1Of, http1BytesOf } from "./grammar/http1-bytes.ts";
import { http2BytesOf } from "./grammar/http2-bytes.ts";
import { jsonRequestOf } from "./grammar/json-request.ts";
import { rpcRequestOf } from "./grammar/rpc-request.ts";
import type { WireRequest } from "./grammar/wire-request.ts";

/** What an input exercises. */
export const inputKinds = [
  "json",
  "connect",
  "connect-stream",
  "grpc",
  "grpc-web",
  "http2-frames",
  "http1-framing",
] as const;

/** One of the kinds. */
export type InputKind = (typeof inputKinds)[number];

/** One input and the way that it is sent. */
export type Input = { readonly kind: InputKind } & (
  | { readonly over: "http1"; readonly request: WireRequest; readonly bytes: Buffer }
  | { readonly over: "http2"; readonly request: WireRequest; readonly cancel: boolean }
  | { readonly over: "raw"; readonly bytes: Buffer }
);

/** How often each kind comes, in twentieths. */
const shareOf: Readonly<Record<InputKind, number>> = {
  json: 6,
  connect: 2,
  "connect-stream": 2,
  grpc: 4,
  "grpc-web": 2,
  "http2-frames": 2,
  "http1-framing": 2,
};

const shares = inputKinds.flatMap((kind) => new Array<InputKind>(shareOf[kind]).fill(kind));

/** Returns an input; the same one for the same seed and number. */
export function makeInput(seed: number, number: number): Input {
  const random = createRandom(seed, number);
  const kind = random.pick(shares);
  const dialects = ["connect", "connect-stream", "grpc", "grpc-web"] as const;
  const request = (): WireRequest =>
    random.once(2) ? jsonRequestOf(random) : rpcRequestOf(random, random.pick(dialects));
  if (kind === "http1-framing") {
    return { kind, over: "raw", bytes: brokenHttp1Of(random, request()) };
  }
  if (kind === "http2-frames") {
    const requests = Array.from({ length: 1 + random.below(3) }, request);
    return { kind, over: "raw", bytes: http2BytesOf(random, requests) };
  }
  const whole = kind === "json" ? jsonRequestOf(random) : rpcRequestOf(random, kind);
  // Only HTTP/2 has the trailers that gRPC needs.
  if (kind === "grpc" || random.once(5)) {
    return { kind, over: "http2", request: whole, cancel: random.once(20) };
  }
  return { kind, over: "http1", request: whole, bytes: http1BytesOf(random, whole) };
}
