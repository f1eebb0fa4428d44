import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { type Browser, launch } from "puppeteer-core";
import { type ServerProcess, startServerProcess } from "../../server-process.ts";

/** Where Debian's package and Mozilla's have the program. */
const places = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

const executablePath = places.find(existsSync);
const skip =
  executablePath === undefined
    ? "no Firefox here: on Debian, `apt-get install firefox-esr`"
    : false;

/** Longest wait for something to appear, in milliseconds. */
const waitMs = 120_000;

suite("the page in Firefox", { skip }, () => {
  let browser: Browser;
  let server: ServerProcess;
  before(async () => {
    if (executablePath === undefined) throw new Error(String(skip));
    [browser, server] = await Promise.all([
      launch({ browser: "firefox", executablePath, timeout: waitMs }),
      startServerProcess(),
    ]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("comes compressed, runs under its policy, and ranks what was typed", async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(waitMs);
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    const loaded = await page.goto(server.url);
    assert.match(String(loaded?.headers()["content-encoding"]), /^(br|gzip)$/);

    await page.locator("#query").fill("내일 회의 일정");
    await page
      .locator("#candidates")
      .fill("오늘 점심은 김치찌개를 먹었다\n내일 오후 2시에 품질 미팅이 있습니다");
    await page.locator("button[type=submit]").click();
    await page.waitForSelector(".ranks li");
    assert.deepEqual(
      await page.evaluate(
        "[...document.querySelectorAll('.ranks .text')].map((at) => at.innerText)",
      ),
      ["내일 오후 2시에 품질 미팅이 있습니다", "오늘 점심은 김치찌개를 먹었다"],
    );
    assert.match(
      String(await page.evaluate("document.querySelector('pre').innerText")),
      /^curl -s -X POST http:/,
    );

    await page.reload();
    await page.waitForSelector("#query");
    assert.deepEqual(faults, []);
  });
});
