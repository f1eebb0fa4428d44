import { deflateSync, gzipSync } from "node:zlib";
import type { Random } from "../../random.ts";
import {
  type JsonObject,
  mutateObject,
  nestedJson,
  textOf,
  textsOf,
  wideTextOf,
} from "./json-value.ts";
import { mutateBytes, mutateText } from "./mutate.ts";
import type { WireRequest } from "./wire-request.ts";

const paths = [
  "/rerank",
  "/v1/rerank",
  "/v2/rerank",
  "/reranking",
  "/v1/reranking",
  "/v1/ranking",
  "/score",
  "/v1/score",
] as const;

const getPaths = ["/v1/models", "/v1/models/fuzz-model", "/v1/models/a%2Fb", "/info", "/health"];

const methods = ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] as const;

const contentTypes = [
  "text/plain",
  "application/json; charset=utf-8",
  "application/json; charset=latin1",
  "application/vnd.api+json",
  "application/grpc",
  "application/proto",
  ";",
  "application/json;;charset=",
] as const;

/** The names that the two sides of a score request may have. */
const scoreNames = [
  ["text_1", "text_2"],
  ["queries", "documents"],
  ["queries", "items"],
  ["data_1", "data_2"],
  ["data_1", "text_2"],
] as const;

/** How many lists in each other a body may hold: more than any recursion can follow. */
const deepest = 30_000;

/**
 * Returns a request to one of the plain JSON routes: valid in most parts, with up to three
 * mutations of its fields, its text, its encoding, its path or its headers.
 */
export function jsonRequestOf(random: Random): WireRequest {
  if (random.once(8)) return getRequestOf(random);
  const path = random.pick(paths);
  const headers: [string, string][] = [["content-type", "application/json"]];
  const text = bodyTextOf(random, path);
  let body: Buffer = Buffer.from(random.once(4) ? mutateText(random, text) : text);
  if (random.once(20)) body = mutateBytes(random, body);
  if (random.once(12)) body = encode(random, body, headers);
  if (random.once(12)) headers[0] = ["content-type", random.pick(contentTypes)];
  if (random.once(12)) {
    const deadline = random.pick(["1000", "0", "-1", "1e3", "9".repeat(15), "9".repeat(16), " 7 "]);
    headers.push(["x-request-timeout-ms", deadline]);
  }
  if (random.once(20)) headers.push(["x-request-id", random.pick(["abc", "a b", "x".repeat(300)])]);
  const method = random.once(25) ? random.pick(methods) : "POST";
  return { method, path: random.once(25) ? mutatePath(random, path) : path, headers, body };
}

function getRequestOf(random: Random): WireRequest {
  const path = random.once(8)
    ? `/v1/models/${encodeURIComponent(wideTextOf(random))}`
    : random.pick(getPaths);
  const method = random.pick(["GET", "GET", "HEAD", "POST", "DELETE"]);
  return {
    method,
    path: random.once(3) ? mutatePath(random, path) : path,
    headers: [],
    body: Buffer.alloc(0),
  };
}

/** Returns a path without characters that end a request line. */
function mutatePath(random: Random, path: string): string {
  if (random.once(3)) return `${path}${random.pick(["?a=b", "/", "%", "%ff", "//", "/../info"])}`;
  if (random.once(6)) return `${random.pick(["http://h", "HTTPS://[::1]:7", "http:///"])}${path}`;
  if (random.once(6)) return `${random.pick(["/", "/v1", "/rerank", path])}${path}`;
  const mutated = mutateText(random, path).replaceAll(/[^\x21-\x7e]/g, "%");
  return `/${mutated.slice(1)}`;
}

function encode(random: Random, body: Buffer, headers: [string, string][]): Buffer {
  const encoding = random.pick(["gzip", "x-gzip", "deflate", "br", "gzip, gzip", "zstd"]);
  headers.push(["content-encoding", encoding]);
  if (random.once(3)) return body;
  const encoded = encoding === "deflate" ? deflateSync(body) : gzipSync(body);
  return random.once(3) ? mutateBytes(random, encoded) : encoded;
}

function bodyTextOf(random: Random, path: string): string {
  if (random.once(200)) return nestedJson(1 + random.below(deepest));
  const fields = fieldsOf(random, path);
  for (let left = random.below(4); left > 0; left -= 1) mutateObject(random, fields);
  const text = JSON.stringify(fields);
  if (!random.once(200)) return text;
  const nested = nestedJson(1 + random.below(deepest));
  const documents = `[{"text":"a","x":${nested}}]`;
  return `{"query":"q","return_documents":true,"documents":${documents}}`;
}

function fieldsOf(random: Random, path: string): JsonObject {
  const options: JsonObject = random.once(2) ? { top_n: random.below(9) } : {};
  if (random.once(3)) options.return_documents = true;
  if (random.once(6)) options.long_documents = random.pick(["windows", "truncate"]);
  if (random.once(6)) options.truncation_direction = random.pick(["left", "right"]);
  if (random.once(6)) options.max_tokens_per_doc = random.below(600);
  if (random.once(6)) options.score_threshold = random.below(100) / 100;
  if (random.once(6)) options.truncate = random.pick([true, false, "true", "no", 1, 2]);
  if (random.once(6)) options.truncate_prompt_tokens = random.pick([-1, 0, 8, 64, "32", 2 ** 31]);
  if (random.once(8)) options.max_tokens_per_query = random.pick([0, 1, 100, "7"]);
  if (random.once(8)) {
    options.model = random.pick([
      "other",
      "default/not-specified",
      "fuzz-model",
      wideTextOf(random),
    ]);
  }
  if (random.once(20)) options.rank_fields = [wideTextOf(random)];
  if (path === "/v1/ranking") {
    delete options.truncate;
    const passages = textsOf(random).map((text) => ({ text }));
    return { query: { text: textOf(random) }, passages, ...options };
  }
  if (path.endsWith("score")) {
    const [first, second] = random.pick(scoreNames);
    const queries = random.once(2) ? textOf(random) : textsOf(random);
    return { [first]: queries, [second]: textsOf(random), ...options };
  }
  if (random.once(5)) return { query: textOf(random), texts: textsOf(random), ...options };
  const documents = textsOf(random);
  if (!random.once(4)) return { query: textOf(random), documents, model: "fuzz-model", ...options };
  const objects = documents.map((text, at) => ({ text, title: at, at: random.once(2) }));
  const rank_fields = random.pick([["text"], ["title", "text"], ["at"]]);
  return { query: textOf(random), documents: objects, rank_fields, ...options };
}
