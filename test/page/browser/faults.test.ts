import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { Page } from "playwright-core";
import { fakeMaxDocuments } from "../../fakes/fake-reranker.ts";
import { startServer } from "../../server/start-server.ts";
import { packageRoot, startServerProcess } from "../../server-process.ts";
import { noChromium, startChromium, type TestBrowser } from "./chromium.ts";
import { fillForm, pasteCandidates, pressRank, rankedTexts } from "./form.ts";

const html = readFileSync(join(packageRoot, "dist", "page", "index.html"), "utf8");

/** Waits for the sentence that says what went wrong, and checks that the form is as it was. */
async function assertFault(page: Page, sentence: RegExp, query: string): Promise<void> {
  await page.getByRole("alert").filter({ hasText: sentence }).waitFor();
  await page.getByRole("alert").filter({ hasText: "Nothing that you typed is lost." }).waitFor();
  assert.equal(await page.getByLabel("Query", { exact: true }).inputValue(), query);
  assert.notEqual(await page.getByLabel("Candidates", { exact: true }).inputValue(), "");
}

suite("the page, where something goes wrong", { skip: noChromium }, () => {
  let browser: TestBrowser;
  before(async () => {
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
  });

  test("asks for the API key, keeps it in memory alone, and goes on with it", async (context) => {
    const { url } = await startServer(context, { page: html, apiKeys: ["correct-horse-battery"] });
    const { page, faults } = await browser.open(context, url);
    await page.getByText("This server wants an API key").waitFor();
    await fillForm(page, "fruit", "a\nabc");
    await pressRank(page);
    await assertFault(page, /The server wants an API key/, "fruit");

    await page.getByLabel("API key", { exact: true }).fill("열쇠 하나");
    await page.getByRole("button", { name: "Use this key" }).click();
    await page.getByText("A key has letters, digits and signs of ASCII alone").waitFor();
    await page.getByLabel("API key", { exact: true }).fill("a-wrong-horse-battery");
    await page.getByRole("button", { name: "Use this key" }).click();
    await assertFault(page, /does not take this API key/, "fruit");
    await page.getByLabel("API key", { exact: true }).fill("correct-horse-battery");
    await page.getByRole("button", { name: "Use this key" }).click();
    assert.deepEqual(await rankedTexts(page), ["abc", "a"]);
    assert.match(await page.locator("pre").innerText(), /Bearer \$RERANKER_API_KEY/);

    const kept = await page.evaluate<string>(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])",
    );
    assert.doesNotMatch(kept, /horse/);
    assert.doesNotMatch(await page.content(), /horse/);
    await page.reload();
    await page.getByText("This server wants an API key").waitFor();
    assert.deepEqual(faults, []);
  });

  test("says when a busy server wants to be asked again", async (context) => {
    const { url } = await startServer(context, { page: html });
    const { page } = await browser.open(context, url);
    await fillForm(page, "busy", "a\nb");
    await pressRank(page);

    await assertFault(page, /The server is busy\..*Try again in 2 s\./, "busy");
  });

  test("says that the model is loading, and what is a fault of the server", async (context) => {
    const { url } = await startServer(context, { page: html });
    const { page } = await browser.open(context, url);
    await fillForm(page, "loading", "a\nb");
    await pressRank(page);
    await assertFault(page, /not ready to rank\. It said: the model is loading\./, "loading");
    await fillForm(page, "bug", "a\nb");
    await pressRank(page);

    await assertFault(page, /The server failed at this request\. It said: internal error\./, "bug");
  });

  test("stops a ranking that takes too long", async (context) => {
    const { url, reranker } = await startServer(context, { page: html });
    const { page } = await browser.open(context, url);
    await fillForm(page, "hold", "a\nb");
    await pressRank(page);
    await reranker.until(() => reranker.held.length === 1);
    await page.getByRole("button", { name: "Stop" }).click();
    await reranker.until(() => reranker.aborted.length === 1);

    assert.deepEqual(reranker.aborted, ["cancelled"]);
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  });

  test("does not send more texts than the server takes in a request", async (context) => {
    const { url, reranker } = await startServer(context, { page: html });
    const { page } = await browser.open(context, url);
    await page.getByLabel("Model").waitFor();
    await fillForm(page, "many", "line\n".repeat(fakeMaxDocuments + 1));
    await pressRank(page);

    await page.getByText("at most 1,000 texts in a request, and these are 1,001").waitFor();
    assert.equal(reranker.requests.length, 0);
  });

  test("takes ten thousand lines, and names the line of a megabyte that the server does not take", async (context) => {
    const server = await startServerProcess();
    context.after(() => server.stop());
    const { page } = await browser.open(context, server.url, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const lines = Array.from({ length: 10_000 }, (_line, at) => `note ${at}`);
    await fillForm(page, "note 7777", "");
    await pasteCandidates(page, lines.join("\n"));
    await pressRank(page);
    await page
      .getByText("10,000 of 10,000 ranked")
      .waitFor({ state: "attached", timeout: 120_000 });
    assert.equal(await page.locator(".ranks li").count(), 100);

    await fillForm(page, "long", "");
    await pasteCandidates(page, `short\n${"x".repeat(1_000_001)}`);
    await page.getByText("2 texts, 1,000,006 characters").waitFor();
    await pressRank(page);
    await assertFault(page, /does not take this request\..*documents\[1\]/, "long");
  });

  test("says that the server is gone, and goes on once it is back", async (context) => {
    const first = await startServerProcess();
    const { page } = await browser.open(context, first.url);
    await fillForm(page, "red fruit", "a blue car\na red apple");
    await pressRank(page);
    await rankedTexts(page);
    await first.stop();
    await pressRank(page);
    await assertFault(page, /does not answer\. It may be restarting/, "red fruit");
    await page.locator(".server").filter({ hasText: "not reachable" }).waitFor();

    const second = await startServerProcess([], { port: first.port });
    context.after(() => second.stop());
    await pressRank(page);
    assert.deepEqual(await rankedTexts(page), ["a red apple", "a blue car"]);
    await page.locator(".server").filter({ hasText: "ready" }).waitFor();
  });

  test("takes nothing from a damaged link", async (context) => {
    const { url } = await startServer(context, { page: html });
    const { page } = await browser.open(context, `${url}/#v1=abc`);

    await page.getByText("This link is damaged or was cut").waitFor();
  });
});
