import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { get, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { suite, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { connectHttp2, sendHttp1, sendHttp2 } from "../../http-client.ts";
import { startServer } from "../../start-server.ts";

const script = "console.log('ready');";
const style = "p { color: red }";
const page = `<!doctype html><style>${style}</style><p>a page</p><script type="module">${script}</script>`;

/** Returns an answer with its body as it came over the wire. */
async function fetchBytes(url: string, headers: OutgoingHttpHeaders) {
  const request = get(url, { headers, agent: false });
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, bytes: await buffer(answer) };
}

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

suite("GET /", () => {
  test("answers with the page, under a policy that lets its own script and style run alone", async (context) => {
    const { url } = await startServer(context, { page });

    const { status, headers, text } = await sendHttp1(`${url}/`);
    assert.equal(status, 200);
    assert.equal(text, page);
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
    const policy = String(headers["content-security-policy"]).split("; ");
    assert(policy.includes("default-src 'none'"));
    assert(policy.includes(`script-src ${hashOf(script)}`));
    assert(policy.includes(`style-src ${hashOf(style)}`));
    assert(policy.includes("connect-src 'self'"));
    assert(policy.includes("frame-ancestors 'none'"));
    assert.doesNotMatch(policy.join(), /unsafe/);
  });

  test("answers HEAD with the same headers and no page", async (context) => {
    const { url } = await startServer(context, { page });

    const answer = await sendHttp1(`${url}/`, { method: "HEAD" });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-length"], String(page.length));
    assert.match(String(answer.headers["content-security-policy"]), /default-src 'none'/);
    assert.equal(answer.text, "");
  });

  for (const [coding, decompress] of [
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
    ["identity", (bytes: Uint8Array) => bytes],
  ] as const) {
    test(`is sent as ${coding} to a client that takes that, and not again to one that has it`, async (context) => {
      const { url } = await startServer(context, { page });
      const accept = { "accept-encoding": coding };

      const first = await fetchBytes(`${url}/`, accept);
      assert.equal(first.status, 200);
      assert.equal(first.headers["content-encoding"], coding === "identity" ? undefined : coding);
      assert.equal(first.headers["content-length"], String(first.bytes.byteLength));
      assert.equal(first.headers["content-type"], "text/html; charset=utf-8");
      assert.equal(first.headers.vary, "Accept-Encoding");
      assert.equal(String(decompress(first.bytes)), page);

      const etag = String(first.headers.etag);
      for (const known of [etag, `W/${etag}`, `"another", ${etag}`, "*"]) {
        const again = await fetchBytes(`${url}/`, { ...accept, "if-none-match": known });
        assert.equal(again.status, 304, known);
        assert.equal(again.bytes.byteLength, 0);
        assert.equal(again.headers.etag, etag);
        assert.equal(again.headers.vary, "Accept-Encoding");
        assert.equal(again.headers["content-length"], undefined);
        assert.equal(again.headers["content-encoding"], undefined);
        assert.equal(
          again.headers["content-security-policy"],
          first.headers["content-security-policy"],
        );
      }
      const changed = await fetchBytes(`${url}/`, { ...accept, "if-none-match": '"another"' });
      assert.equal(changed.status, 200);
    });
  }

  test("has an entity tag for each coding, so that no cache takes one for another", async (context) => {
    const { url } = await startServer(context, { page });

    const tags = await Promise.all(
      ["br", "gzip", "identity"].map(async (coding) => {
        return (await fetchBytes(`${url}/`, { "accept-encoding": coding })).headers.etag;
      }),
    );
    assert.equal(new Set(tags).size, 3);
    for (const tag of tags) assert.match(String(tag), /^"[\w-]+"$/);
  });

  test("is compressed and revalidated over HTTP/2 too", async (context) => {
    const { url } = await startServer(context, { page });
    const session = connectHttp2(context, url);
    const accept = { "accept-encoding": "gzip" };

    const first = await sendHttp2(session, "/", { headers: accept });
    assert.equal(first.headers["content-encoding"], "gzip");
    const known = { ...accept, "if-none-match": String(first.headers.etag) };
    const again = await sendHttp2(session, "/", { headers: known });
    assert.equal(again.status, 304);
    assert.equal(again.text, "");
    const head = await sendHttp2(session, "/", { method: "HEAD", headers: accept });
    assert.equal(head.headers["content-length"], first.headers["content-length"]);
  });

  test("varies by origin too where some origins may read answers", async (context) => {
    const { url } = await startServer(context, { page, corsOrigins: ["https://notes.example"] });

    const { headers } = await sendHttp1(`${url}/`);
    assert.equal(headers.vary, "Origin, Accept-Encoding");
    assert.equal((await sendHttp1(`${url}/health`)).headers.vary, "Origin");
  });

  test("takes no other method", async (context) => {
    const { url } = await startServer(context, { page });

    const { status, headers } = await sendHttp1(`${url}/`, { method: "POST", body: "{}" });
    assert.equal(status, 405);
    assert.equal(headers.allow, "GET, HEAD");
  });

  test("needs no API key, and what the page asks for does", async (context) => {
    const { url } = await startServer(context, { page, apiKeys: ["correct-horse-battery"] });

    assert.equal((await sendHttp1(`${url}/`)).status, 200);
    assert.equal((await sendHttp1(`${url}/v1/models`)).status, 401);
    assert.equal((await sendHttp1(`${url}/rerank`, { body: "{}" })).status, 401);
  });

  test("is unknown where the page is off", async (context) => {
    const { url } = await startServer(context);

    const { status, text } = await sendHttp1(`${url}/`);
    assert.equal(status, 404);
    assert.doesNotMatch(text, /GET \/,/);
  });
});
