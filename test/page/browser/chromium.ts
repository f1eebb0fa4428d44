import { existsSync } from "node:fs";
import type { TestContext } from "node:test";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Where Debian's package, Ubuntu's and Google's have the program. */
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The program; undefined where there is none. */
export const chromiumPath = places.find(existsSync);

/** For the `skip` of a test: false if the browser is there, else the reason. */
export const noChromium =
  chromiumPath === undefined ? "no Chromium here: on Debian, `apt-get install chromium`" : false;

/** A browser, with pages that a test opens. */
export interface TestBrowser {
  /** Opens an address in a window of its own, closed with the test. */
  open(context: TestContext, url: string, options?: BrowserContextOptions): Promise<OpenedPage>;
  close(): Promise<void>;
}

/** A page that was opened. */
export interface OpenedPage {
  readonly page: Page;
  /** Errors of scripts, and what the page's policy forbade. */
  readonly faults: readonly string[];
}

/** Longest wait for something to appear, in milliseconds. */
const waitMs = 120_000;

/** Starts the browser without a window. */
export async function startChromium(): Promise<TestBrowser> {
  if (chromiumPath === undefined) throw new Error(String(noChromium));
  // Its sandbox needs rights that containers do not give; the pages are our own.
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
  return {
    async open(context, url, options = {}) {
      const window = await browser.newContext({ locale: "en-US", ...options });
      context.after(() => window.close());
      const page = await window.newPage();
      page.setDefaultTimeout(waitMs);
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("console", (message) => {
        if (/content.security.policy/i.test(message.text())) faults.push(message.text());
      });
      await page.goto(url);
      return { page, faults };
    },
    close: () => browser.close(),
  };
}
