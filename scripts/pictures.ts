/**
 * Takes the pictures of the page that the README shows, light and dark, from a server that runs.
 * Needs Chromium. Run it after a change of the page.
 */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { chromiumPath } from "../test/page/browser/chromium.ts";
import { packageRoot, startServerProcess } from "../test/server-process.ts";

/** Largest picture, in bytes: the README is read over slow lines too. */
const maxBytes = 150_000;

/** The example of each picture, and the language around it. */
const pictures = [
  { colorScheme: "light", locale: "en-US", example: "English" },
  { colorScheme: "dark", locale: "ko-KR", example: "한국어" },
] as const;

if (chromiumPath === undefined) throw new Error("no Chromium here");
const folder = join(packageRoot, "docs", "images");
mkdirSync(folder, { recursive: true });
const server = await startServerProcess();
const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
try {
  for (const { colorScheme, locale, example } of pictures) {
    const viewport = { width: 1280, height: 900 };
    const window = await browser.newContext({ colorScheme, locale, viewport });
    const page = await window.newPage();
    await page.goto(server.url);
    await page.locator(".examples").getByRole("button", { name: example }).click();
    // Twice, so that the times are not those of a model that has just been loaded.
    for (const _time of ["first", "second"]) {
      const answered = page.waitForResponse("**/rerank");
      await page.locator("button[type=submit]").click();
      await answered;
    }
    await page.locator(".ranks li").first().waitFor();
    // The corner knows the model's speed a few seconds after the first ranking.
    await page.locator(".figures span").nth(3).waitFor();
    await page.evaluate("scrollTo(0, 0)");
    const path = join(folder, `page-${colorScheme}.png`);
    await page.screenshot({ path });
    const { size } = statSync(path);
    if (size > maxBytes) throw new Error(`${path} has ${size} bytes, more than ${maxBytes}`);
    await window.close();
  }
} finally {
  await browser.close();
  await server.stop();
}
