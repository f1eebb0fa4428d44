import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, suite, type TestContext, test } from "node:test";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { type PackedPackage, packPackage } from "../../../test/package/packed-package.ts";
import {
  noChromium,
  startChromium,
  type TestBrowser,
} from "../../../test/page/browser/chromium.ts";
import { type ServerProcess, startServerProcess } from "../../../test/server-process.ts";

const apiKey = "a-key-of-a-page-that-is-long-enough";

/** An application of another origin than the server's: one page, and the client as its script. */
interface Application {
  readonly origin: string;
  close(): void;
}

/** Serves a page whose script is the packed client, bundled as an application's would be. */
async function startApplication(packed: PackedPackage): Promise<Application> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from "rerankd-client/web";`,
      resolveDir: packed.project,
    },
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "rerankd",
    write: false,
  });
  const script = outputFiles[0]?.text ?? "";
  const server = http.createServer((request, response) => {
    const isScript = request.url === "/client.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : `<!doctype html><script src="/client.js"></script>`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}

suite("rerankd-client/web in Chromium", { skip: noChromium }, () => {
  let packed: PackedPackage;
  let browser: TestBrowser;
  let application: Application;
  let stranger: Application;
  let server: ServerProcess;
  before(async () => {
    packed = await packPackage("rerankd-client");
    browser = await startChromium();
    application = await startApplication(packed);
    stranger = await startApplication(packed);
    server = await startServerProcess([`--cors-origin=${application.origin}`], {
      env: { RERANKER_API_KEYS: apiKey },
    });
  });
  after(async () => {
    application?.close();
    stranger?.close();
    await browser?.close();
    await server?.stop();
    await packed?.remove();
  });

  /** Opens the page of an application, without a fault of a script. */
  async function open(context: TestContext, { origin }: Application): Promise<Page> {
    const { page, faults } = await browser.open(context, origin);
    context.after(() => assert.deepEqual(faults, []));
    return page;
  }

  /** Runs code in the page, in which `client` is one with these options, and returns its result. */
  async function call(page: Page, options: object, code: string): Promise<unknown> {
    const given = JSON.stringify({ url: server.url, apiKey, ...options });
    return await page.evaluate(`(async () => {
      const client = rerankd.createRerankClient(${given});
      const failureOf = (promise) => promise.then(
        () => "no failure",
        (error) => ({ code: error.code, message: error.message, name: error.name }),
      );
      ${code}
    })()`);
  }

  for (const transport of ["connect", "grpc-web"]) {
    suite(`over ${transport}`, () => {
      test("ranks on a server of another origin, with an API key", async (context) => {
        const page = await open(context, application);

        const order = await call(
          page,
          { transport },
          `const documents = ["a blue car", "a red apple"];
           const { model, results } = await client.rerank({ query: "red fruit", documents });
           return [model, ...results.map(({ index }) => documents[index])];`,
        );

        assert.deepEqual(order, ["rerankd-multilingual-v1", "a red apple", "a blue car"]);
      });

      test("says what is served, and ranks candidates by relevance", async (context) => {
        const page = await open(context, application);

        const answers = await call(
          page,
          { transport },
          `const found = [{ text: "a blue car", similarity: 1 }, { text: "a red apple", similarity: 0 }];
           const { status, model } = await client.health();
           const { reranked, results } = await client.rerankOrFallback("red fruit", found);
           return [status, model, reranked, results[0].candidate.text];`,
        );

        assert.deepEqual(answers, ["ok", "rerankd-multilingual-v1", true, "a red apple"]);
      });

      test("reads the server's errors", async (context) => {
        const page = await open(context, application);

        const invalid = await call(
          page,
          { transport },
          `return await failureOf(client.rerank({ query: "", documents: ["a"] }));`,
        );
        const withoutKey = await call(
          page,
          { transport, apiKey: undefined },
          `return await failureOf(client.rerank({ query: "q", documents: ["a"] }));`,
        );
        const unknownModel = await call(
          page,
          { transport, model: "another" },
          `return await failureOf(client.rerank({ query: "q", documents: ["a"] }));`,
        );

        assert.deepEqual(invalid, {
          name: "RerankClientError",
          code: "invalid_argument",
          message: "`query` must not be empty",
        });
        assert.equal((withoutKey as { code: string }).code, "unauthenticated");
        assert.equal((unknownModel as { code: string }).code, "not_found");
      });

      test("calls a server `unavailable` that does not let the page read, and falls back", async (context) => {
        const page = await open(context, stranger);

        const answers = await call(
          page,
          { transport },
          `const { code } = await failureOf(client.rerank({ query: "q", documents: ["a"] }));
           const found = [{ text: "far", similarity: 0 }, { text: "near", similarity: 1 }];
           const { reranked, reason, results } = await client.rerankOrFallback("q", found);
           return [code, reranked, reason, results[0].candidate.text];`,
        );

        assert.deepEqual(answers, ["unavailable", false, "unavailable", "near"]);
      });

      test("ends calls that are aborted, late, or in flight when it is closed", async (context) => {
        const page = await open(context, application);

        const ends = await call(
          page,
          { transport },
          `const request = { query: "q", documents: Array(64).fill("a document ".repeat(100)) };
           const controller = new AbortController();
           const aborted = client.rerank(request, { signal: controller.signal })
             .catch((error) => error === controller.signal.reason);
           const late = failureOf(client.rerank(request, { timeoutMs: 1 }));
           controller.abort();
           const closed = failureOf(client.rerank(request));
           const ended = [await aborted, (await late).code];
           await client.close();
           return [...ended, (await closed).code];`,
        );

        assert.deepEqual(ends, [true, "deadline_exceeded", "cancelled"]);
      });
    });
  }

  test("has no stream, which browsers cannot send", async (context) => {
    const page = await open(context, application);

    assert.equal(await call(page, {}, "return 'rerankStream' in client;"), false);
  });
});
