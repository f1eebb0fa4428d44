import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { suite, test } from "node:test";
import { sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const script = "console.log('ready');";
const style = "p { color: red }";
const page = `<!doctype html><style>${style}</style><p>a page</p><script type="module">${script}</script>`;

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
