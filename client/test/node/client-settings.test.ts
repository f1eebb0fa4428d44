import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { packageRoot } from "../../../test/server-process.ts";
import { clientOptionsFromEnv, type RerankClientOptions } from "../../src/index.ts";
import { settingsOf } from "../../src/node/client-settings.ts";
import { hasCode } from "../connect-client.ts";

const urlsOf = (options: RerankClientOptions) =>
  settingsOf(options).addresses.map(({ baseUrl }) => baseUrl);

suite("settingsOf()", () => {
  test("has defaults for everything", () => {
    assert.deepEqual(settingsOf({}), {
      addresses: [
        {
          baseUrl: "http://localhost:7998",
          secure: false,
          hostPort: "localhost:7998",
          hasPath: false,
        },
      ],
      transport: "grpc",
      timeoutMs: 30_000,
      model: "",
      tls: {},
      headers: {},
      maxMessageBytes: 67_108_864,
    });
  });

  test("takes one address, a text with commas, or a list", () => {
    assert.deepEqual(urlsOf({ url: "https://a:1/" }), ["https://a:1"]);
    assert.deepEqual(urlsOf({ url: "https://a:1/rerank/" }), ["https://a:1/rerank"]);
    assert.deepEqual(urlsOf({ url: "a:1, http://b:2,[::1]:3," }), [
      "http://a:1",
      "http://b:2",
      "http://[::1]:3",
    ]);
    assert.deepEqual(urlsOf({ url: ["a:1", "b:2"] }), ["http://a:1", "http://b:2"]);
    assert.deepEqual(
      settingsOf({ url: ["https://a", "https://[::1]"] }).addresses.map(({ hostPort }) => hostPort),
      ["a:443", "[::1]:443"],
    );
  });

  test("takes grpc-js where there is more than one address", () => {
    assert.equal(settingsOf({ url: "a:1,b:2" }).transport, "grpc-js");
    assert.equal(settingsOf({ url: "a:1", transport: "connect" }).transport, "connect");
  });

  test("sends the API key as a bearer token, and headers in lower case", () => {
    const { headers } = settingsOf({ apiKey: "k", headers: { "X-Team": "search" } });
    assert.deepEqual(headers, { "x-team": "search", authorization: "Bearer k" });
  });

  const wrong: Readonly<Record<string, [RerankClientOptions, RegExp]>> = {
    "no address": [{ url: [] }, /`url` must name at least one address/],
    "no URL": [{ url: "http://" }, /^`url` must be `http:\/\/host:port`/],
    "another scheme": [{ url: "ftp://a" }, /^`url` must be `http` or `https`, got: `ftp`$/],
    "a password": [{ url: "http://u:secret@a" }, /^`url` must have no user and password: use/],
    "a query": [{ url: "http://a/?key=1" }, /^`url` must have no query/],
    "a Unix socket beside another": [{ url: "unix:/a,b:2" }, /^`url` must have one address if/],
    "a path alone": [{ url: "/run/a.sock" }, /^`url` .*; a Unix socket is `unix:` and its path$/],
    "a Unix socket without its folder": [{ url: "unix:a" }, /^`url` .* an absolute path$/],
    "two schemes": [{ url: "http://a,https://b" }, /^`url` must have one scheme/],
    "an unknown transport": [
      { transport: "udp" as "grpc" },
      /^`transport` must be one of `grpc`, `connect`, `grpc-js`, got: `udp`$/,
    ],
    "several addresses for one connection": [
      { url: "a:1,b:2", transport: "grpc" },
      /^`url` with several addresses needs `grpc-js`, got: `grpc`$/,
    ],
    "a path for grpc-js": [{ url: "http://a/x", transport: "grpc-js" }, /^`url` must have no path/],
    "TLS for cleartext": [{ url: "http://a", tls: { ca: "x" } }, /^`tls` needs an `https`/],
    "half a key pair": [{ url: "https://a", tls: { key: "x" } }, /given together/],
    "a certificate that is none": [
      { url: "https://a", tls: { cert: "secret", key: "secret" } },
      /^`tls` must hold PEM texts/,
    ],
    "no time": [{ timeoutMs: 0 }, /^`timeoutMs` must be a number greater than 0, got: `0`$/],
    "a header that HTTP has not": [{ headers: { "a b": "x" } }, /got: a bad `a b`$/],
    "a key with a line break": [{ apiKey: "k\nsecret" }, /got: a bad `authorization`$/],
  };
  for (const [name, [options, message]] of Object.entries(wrong)) {
    test(`refuses ${name}, without a secret in the message`, () => {
      assert.throws(
        () => settingsOf(options),
        (error) => hasCode("invalid_argument", message)(error) && !`${error}`.includes("secret"),
      );
    });
  }
});

suite("clientOptionsFromEnv()", () => {
  test("reads the guide's names", () => {
    const env = { RERANKER_URL: "http://a:1", RERANKER_MODEL: "m", RERANKER_API_KEY: "k" };
    assert.deepEqual(clientOptionsFromEnv(env), { url: "http://a:1", model: "m", apiKey: "k" });
  });

  test("reads the files of TLS for an https address, and for no other", () => {
    const certPath = join(packageRoot, "test", "fixtures", "tls", "cert.pem");
    const files = { RERANKER_TLS_CA: certPath, RERANKER_TLS_CLIENT_CERT: "" };
    const missing = { RERANKER_URL: "https://a", RERANKER_TLS_CA: "/nonexistent" };

    const { tls } = clientOptionsFromEnv({ ...files, RERANKER_URL: "https://a" });
    assert.deepEqual(tls, { ca: readFileSync(certPath), cert: undefined, key: undefined });
    for (const url of ["http://a", "a:1", "unix:/s", "ftp://a", ""]) {
      assert.equal(clientOptionsFromEnv({ ...files, RERANKER_URL: url }).tls, undefined, url);
    }
    assert.throws(
      () => clientOptionsFromEnv(missing),
      /^RerankClientError: RERANKER_TLS_CA cannot/,
    );
  });

  test("takes what is empty for not set, and leaves other options alone", () => {
    assert.deepEqual(clientOptionsFromEnv({ RERANKER_URL: "", RERANKER_MODEL: "" }), {});
    assert.deepEqual(clientOptionsFromEnv({}), {});
  });

  test("asks for no model where the server's own setting is none that requests can name", () => {
    for (const model of [
      "bundled",
      "./models/mine",
      "../mine",
      "/srv/mine",
      "~/mine",
      "C:\\mine",
      "owner/name,bundled",
      "large=owner/name",
    ]) {
      assert.deepEqual(clientOptionsFromEnv({ RERANKER_MODEL: model }), {});
    }
    for (const model of ["owner/name", "name", "bundled-v2"]) {
      assert.deepEqual(clientOptionsFromEnv({ RERANKER_MODEL: model }), { model });
    }
  });

  test("reads the process where no environment is given", () => {
    assert.deepEqual(clientOptionsFromEnv(), clientOptionsFromEnv(process.env));
  });
});
