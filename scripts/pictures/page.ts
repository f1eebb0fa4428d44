import { chromium } from "playwright-core";
import sharp from "sharp";
import { chromiumPath, noChromium } from "../../test/page/browser/chromium.ts";
import { startServerProcess } from "../../test/server-process.ts";

/** Longest wait for something to appear, in milliseconds. */
const waitMs = 120_000;

/** The example of each picture, and the language around it. */
const pictures = [
  { colorScheme: "light", locale: "en-US", example: "English" },
  { colorScheme: "dark", locale: "ko-KR", example: "한국어" },
] as const;

/** Takes pictures of the page, light and dark, from a server that runs the bundled model. */
export async function takePagePictures(
  write: (name: string, picture: Uint8Array) => void,
): Promise<void> {
  if (chromiumPath === undefined) throw new Error(String(noChromium));
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
      page.setDefaultTimeout(waitMs);
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
      await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
      // Few colours are in it, so a palette loses nothing that one sees, and halves the size.
      const picture = sharp(await page.screenshot()).png({
        palette: true,
        colours: 64,
        dither: 0,
        effort: 10,
      });
      write(`page-${colorScheme}.png`, await picture.toBuffer());
      await window.close();
    }
  } finally {
    await browser.close();
    await server.stop();
  }
}
