import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, suite, test } from "node:test";
import type { Page } from "playwright-core";
import { type ServerProcess, startServerProcess } from "../../server-process.ts";
import { noChromium, startChromium, type TestBrowser } from "./chromium.ts";
import { dropFile, fillForm, pressRank, rankedTexts } from "./form.ts";

const query = "내일 회의 일정";
const notes = [
  "오늘 점심은 김치찌개를 먹었다",
  "금요일에 아키텍처 리뷰 회의 예정",
  "내일 오후 2시에 품질 미팅이 있습니다",
];
const bestFirst = [notes[2], notes[1], notes[0]];

/** The checker, as a script to run in a page. */
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Returns what axe-core finds that keeps somebody from using the page. */
async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate<{
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  }>(`${axe};axe.run()`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

suite("the page in Chromium", { skip: noChromium }, () => {
  let browser: TestBrowser;
  let server: ServerProcess;
  before(async () => {
    [browser, server] = await Promise.all([
      startChromium(),
      startServerProcess(["--served-model-name", "second-name"]),
    ]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("ranks what was typed, and shows how far each text moved", async (context) => {
    const { page, faults } = await browser.open(context, server.url);
    await fillForm(page, query, notes.join("\n"));
    await pressRank(page);

    assert.deepEqual(await rankedTexts(page), bestFirst);
    assert.deepEqual(await page.locator(".ranks .moved").allInnerTexts(), [
      "↑2\nup 2 from the input",
      "=\nwhere it was in the input",
      "↓2\ndown 2 from the input",
    ]);
    assert.equal(await page.locator(".ranks .score").first().innerText(), "score\n0.849");
    assert.match(await page.locator(".facts").innerText(), /3 texts · 57 tokens/);
    const orders = await page.locator(".order h3").allInnerTexts();
    assert.deepEqual(orders, ["BM25’s order", "Input order"]);
    assert.match(await page.locator(".server").innerText(), /rerankd-multilingual-v1 ready/);
    await page.getByText("tokens waiting").waitFor();
    assert.deepEqual(faults, []);
  });

  test("copies a curl that ranks alike", async (context) => {
    const { page } = await browser.open(context, server.url, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await fillForm(page, query, notes.join("\n"));
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByText("Copied.").waitFor();

    const call = await page.evaluate<string>("navigator.clipboard.readText()");
    const answer = JSON.parse(execFileSync("sh", ["-c", call], { encoding: "utf8" }));
    assert.deepEqual(
      answer.results.map(({ index }: { index: number }) => index),
      [2, 1, 0],
    );
    for (const language of ["TypeScript", "Python", "grpcurl"]) {
      await page.getByRole("tab", { name: language }).click();
      assert.match(await page.locator("pre").innerText(), /내일 오후 2시에/);
    }
  });

  test("shows a long list as it comes, and what of it was cut", async (context) => {
    const { page } = await browser.open(context, server.url);
    const many = Array.from({ length: 150 }, (_line, at) => `note ${at} about nothing`);
    await fillForm(page, query, [...many, notes[2], `${"long ".repeat(3_000)}`].join("\n"));
    await pressRank(page);

    await page.getByText("152 of 152 ranked").waitFor({ state: "attached" });
    assert.equal((await rankedTexts(page))[0], notes[2]);
    assert.match(await page.locator(".facts").innerText(), /in 4 requests/);
    const more = page.locator(".ranking").getByRole("button", { name: /^Show \d+ more/ });
    await more.click();
    assert.equal(await page.locator(".ranks li").count(), 152);
    assert.equal(await page.locator(".ranks .cut").innerText(), "cut to fit");
  });

  test("marks the passage that won, in a text with characters beyond UTF-16's first plane", async (context) => {
    const { page } = await browser.open(context, server.url);
    const filler = "😀 The harvest was good that year. ".repeat(300);
    await fillForm(page, "when is the review meeting", `${filler}The review meeting is on Friday.`);
    await page.getByLabel("Long texts are").selectOption("windows");
    await pressRank(page);

    const mark = page.locator("mark");
    await page.getByRole("button", { name: "Show the whole text" }).click();
    const marked = await mark.innerText();
    assert(filler.concat("The review meeting is on Friday.").includes(marked.replace("…", "")));
    assert.doesNotMatch(marked, /\uFFFD|^[\uDC00-\uDFFF]/);
  });

  test("compares two settings, and the two names that are served", async (context) => {
    const { page } = await browser.open(context, server.url);
    await fillForm(page, query, notes.join("\n"));
    await page.getByLabel("Compare with other settings").check();
    const other = page.getByRole("group", { name: "Settings B" });
    await other.getByLabel("Raw scores").check();
    await other.getByLabel("Model").selectOption("second-name");
    await pressRank(page);
    await page.getByText("A and B share 3 of the first 3.").waitFor();

    assert.deepEqual(await rankedTexts(page), [...bestFirst, ...bestFirst]);
    assert.deepEqual(
      (await page.locator(".ranks li:first-child .score").allInnerTexts()).map((text) =>
        text.slice(6),
      ),
      ["0.849", "1.73"],
    );
  });

  test("is shared as a link that no server sees", async (context) => {
    const { page } = await browser.open(context, server.url);
    await fillForm(page, query, notes.join("\n"));
    await page.getByLabel("Show the best").fill("2");
    await page.getByRole("button", { name: "Copy a link to this" }).click();
    await page.waitForURL(/#v1=/);

    const link = page.url();
    const asked: string[] = [];
    const second = await browser.open(context, "about:blank");
    second.page.on("request", (request) => asked.push(request.url()));
    await second.page.goto(link);
    await second.page.getByText("The form holds what the link carried.").waitFor();
    assert.equal(await second.page.getByLabel("Query", { exact: true }).inputValue(), query);
    await pressRank(second.page);
    assert.deepEqual(await rankedTexts(second.page), bestFirst.slice(0, 2));
    assert(asked.every((url) => new URL(url).search === ""));
  });

  test("takes dropped files, says what is wrong with others, and keeps what was typed", async (context) => {
    const { page } = await browser.open(context, server.url);
    await fillForm(page, query, "typed before");
    await dropFile(page, "notes.jsonl", notes.map((text) => JSON.stringify({ text })).join("\n"));
    await page.getByText("3 texts came from notes.jsonl.").waitFor();
    await dropFile(page, "broken.jsonl", '"fine"\n{"no":"text"}');
    await page.getByText("Line 2 of broken.jsonl is neither").waitFor();

    const box = page.getByLabel("Candidates", { exact: true });
    assert.equal(await box.inputValue(), ["typed before", ...notes].join("\n"));
    await page.getByRole("button", { name: "Español" }).click();
    await page.getByRole("button", { name: "Bring back what was there" }).click();
    assert.equal(await box.inputValue(), ["typed before", ...notes].join("\n"));
  });

  test("is used by keyboard alone", async (context) => {
    const { page } = await browser.open(context, server.url);
    await page.keyboard.press("Tab");
    assert.equal(await page.locator(":focus").innerText(), "Skip to the ranking");
    await page.getByLabel("Query", { exact: true }).focus();
    await page.keyboard.type("red fruit");
    await page.keyboard.press("Tab");
    await page.keyboard.insertText("a blue car\na red apple");
    await page.keyboard.press("Control+Enter");

    assert.deepEqual(await rankedTexts(page), ["a red apple", "a blue car"]);
    await page.getByRole("tab", { name: "curl", exact: true }).focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator(":focus").innerText(), "TypeScript");
    assert.match(await page.locator("pre").innerText(), /createRerankClient/);
  });

  test("leads a narrow window to what is missing, and to the ranking", async (context) => {
    const { page } = await browser.open(context, server.url, {
      viewport: { width: 360, height: 740 },
    });
    await pressRank(page);
    assert.equal(await page.locator(":focus").getAttribute("id"), "query");
    await page.getByText("Write a query first.").waitFor();

    await fillForm(page, query, notes.join("\n"));
    await pressRank(page);
    await rankedTexts(page);
    const { y } = (await page.locator(".ranks").boundingBox()) ?? { y: -1 };
    assert(y >= 0 && y < 200, `the ranking begins at ${y}`);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1280, 360]) {
      test(`has no serious fault for screen readers, ${colorScheme}, ${width} px wide`, async (context) => {
        const { page } = await browser.open(context, server.url, {
          colorScheme,
          viewport: { width, height: 800 },
        });
        assert.deepEqual(await seriousFaults(page), []);
        await page.getByRole("button", { name: "العربية" }).click();
        await page.getByLabel("Compare with other settings").check();
        await pressRank(page);
        await rankedTexts(page);

        assert.deepEqual(await seriousFaults(page), []);
        const overflow = await page.evaluate("document.documentElement.scrollWidth");
        assert.equal(overflow, width);
        assert.equal(
          await page.evaluate("getComputedStyle(document.querySelector('.ranks .text')).direction"),
          "rtl",
        );
      });
    }
  }

  test("speaks Korean where the browser does", async (context) => {
    const { page } = await browser.open(context, server.url, { locale: "ko-KR" });

    await page.getByRole("button", { name: "순위 매기기" }).click();
    await page.getByText("먼저 질의를 써 주세요.").waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "ko");
    await page.getByRole("button", { name: "English" }).first().click();
    await page.getByRole("button", { name: "Rank", exact: true }).waitFor();
  });
});
