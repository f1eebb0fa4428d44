import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, suite, test } from "node:test";
import { type ServerProcess, startServerProcess } from "../../server-process.ts";
import { noChromium, startChromium, type TestBrowser } from "./chromium.ts";

/** The checker, as a script to run in a page. */
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

suite("the reference in Chromium", { skip: noChromium }, () => {
  let browser: TestBrowser;
  let server: ServerProcess;
  before(async () => {
    [browser, server] = await Promise.all([startChromium(), startServerProcess([])]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  for (const path of ["/docs", "/docs/grpc"]) {
    for (const colorScheme of ["light", "dark"] as const) {
      test(`${path} can be read by everybody in ${colorScheme}, and keeps its policy`, async (context) => {
        const { page, faults } = await browser.open(context, `${server.url}${path}`, {
          colorScheme,
          // What axe needs in order to run; the page itself has no script.
          bypassCSP: true,
        });
        const { violations } = await page.evaluate<{
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        }>(`${axe};axe.run()`);
        const serious = violations.filter(({ impact }) => /serious|critical/.test(impact));
        assert.deepEqual(
          serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
          [],
        );
        assert.deepEqual(faults, []);
      });
    }

    test(`${path} fits a narrow window, with its policy on`, async (context) => {
      const viewport = { width: 360, height: 740 };
      const { page, faults } = await browser.open(context, `${server.url}${path}`, { viewport });

      assert.equal(await page.locator("main article").first().isVisible(), true);
      const { width } = (await page.locator("main").boundingBox()) ?? { width: 0 };
      assert(width > 0 && width <= viewport.width, `${width}`);
      const family = await page.evaluate<string>(
        "getComputedStyle(document.querySelector('h1')).fontFamily",
      );
      assert.match(family, /Iowan/);
      assert.deepEqual(faults, []);
    });
  }
});
