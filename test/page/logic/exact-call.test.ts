import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { suite, test } from "node:test";
import { exactCall } from "../../../page/src/logic/exact-call.ts";
import { defaultSettings, requestOf } from "../../../page/src/logic/settings.ts";

const origin = "http://localhost:7998";
const target = { origin, needsKey: false };

/** What shells, JSON and other languages give a meaning. */
const oddTexts = ['it\'s "odd" $HOME `id` \\n', "줄\n바꿈", "END_OF_JSON", "a\u2028b", "😀 مرحبا"];

const settings = {
  topN: 2,
  rawScores: true,
  truncationDirection: "left",
  longDocuments: "windows",
  model: "o'clock/model",
} as const;

const body = requestOf("o'clock?", oddTexts, settings);

/** Runs a call in a shell in which `program` prints its arguments, and its input where it reads it. */
function argumentsOf(call: string, program: string): string[] {
  const print = `${program}() { printf '%s\\0' "$@"; case " $* " in *" @- "*|*" @ "*) cat; esac; }`;
  const printed = execFileSync("sh", [], { input: `${print}\n${call}\n`, encoding: "utf8" });
  return printed.split("\0");
}

suite("exactCall()", () => {
  test("leaves out of a request what is as by default", () => {
    assert.deepEqual(requestOf("q", ["a"], defaultSettings), { query: "q", documents: ["a"] });
  });

  test("writes a curl whose body a shell passes on unchanged", () => {
    const found = argumentsOf(exactCall("curl", body, target), "curl");

    assert(found.includes(`${origin}/rerank`));
    assert.deepEqual(JSON.parse(found.at(-2) ?? ""), body);
  });

  test("gives a long body on standard input, since an argument has a longest length", () => {
    const long = requestOf("q", ["END_OF_JSON", "x".repeat(300_000), "it's"], defaultSettings);

    const curl = argumentsOf(exactCall("curl", long, target), "curl");
    assert.deepEqual(JSON.parse(curl.at(-1) ?? ""), long);
    const grpcurl = argumentsOf(exactCall("grpcurl", long, target), "grpcurl");
    assert.deepEqual(JSON.parse(grpcurl.at(-1) ?? ""), long);
  });

  test("writes a grpcurl with the names of the contract's enums", () => {
    const found = argumentsOf(exactCall("grpcurl", body, target), "grpcurl");

    assert(found.includes("-plaintext"));
    assert(found.includes("localhost:7998"));
    assert.deepEqual(JSON.parse(found[found.indexOf("-d") + 1] ?? ""), {
      ...body,
      truncation_direction: "TRUNCATION_DIRECTION_LEFT",
      long_documents: "LONG_DOCUMENTS_WINDOWS",
    });
    const overTls = { origin: "https://rank.example", needsKey: true };
    const secured = argumentsOf(exactCall("grpcurl", body, overTls), "grpcurl");
    assert(secured.includes("rank.example:443"));
    assert(!secured.includes("-plaintext"));
  });

  test("reads an API key from the environment, and never holds one", () => {
    for (const language of ["curl", "TypeScript", "Python", "grpcurl"] as const) {
      const withKey = exactCall(language, body, { origin, needsKey: true });
      assert.match(withKey, /RERANKER_API_KEY/, language);
      assert.doesNotMatch(exactCall(language, body, target), /RERANKER_API_KEY/, language);
    }
  });
});
