/**
 * Takes the pictures of the page that the README shows, light and dark, from a server that runs.
 * Needs Chromium. Run it after a change of the page.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import sharp from "sharp";
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
// Text smoothed in grey is the same on every screen, and compresses better.
const browser = await chromium.launch({
  executablePath: chromiumPath,
  args: ["--no-sandbox", "--disable-lcd-text"],
});
try {
  for (const { colorScheme, locale, example } of pictures) {
    const viewport = { width: 1240, height: 840 };
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
    // Few colours are in it, so a palette loses nothing that one sees, and halves the size.
    const picture = sharp(await page.screenshot()).png({
      palette: true,
      colours: 64,
      dither: 0,
      effort: 10,
    });
    const { size } = await picture.toFile(path);
    if (size > maxBytes) throw new Error(`${path} has ${size} bytes, more than ${maxBytes}`);
    await window.close();
  }
} finally {
  await browser.close();
  await server.stop();
}
