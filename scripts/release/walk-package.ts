/**
 * Walks a newcomer's first minutes: packs the package, installs it from the npm registry in an empty
 * folder, starts it with npx, ranks the guide's example on the page in Chromium, copies the curl and
 * runs it. Fails unless page and curl rank alike, and as the guide says. Needs network and Chromium.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { chromiumPath, noChromium } from "../../test/page/browser/chromium.ts";
import { fillForm, pressRank, rankedTexts } from "../../test/page/browser/form.ts";
import { cleanEnvironment, packageRoot } from "../../test/server-process.ts";

/** What a ranking answers, as far as it is compared. */
interface Ranking {
  readonly results: readonly { readonly index: number; readonly relevance_score: number }[];
}

/** Longest wait for the start of the server, in milliseconds. */
const startMs = 120_000;

/** The body of the guide's first call of `/rerank`, and the answer that it shows. */
function guideExample(folder: string) {
  const guide = readFileSync(join(folder, "docs", "guide.md"), "utf8");
  const [, body, answer] =
    /\/rerank \\\n[^`]*?-d '(\{[^']*\})'\n```[\s\S]*?```json\n(\{[\s\S]*?\n\})\n```/.exec(guide) ??
    [];
  if (body === undefined || answer === undefined) throw new Error("the guide has no example");
  const request: { query: string; documents: string[] } = JSON.parse(body);
  return { request, order: orderOf(JSON.parse(answer)) };
}

function orderOf({ results }: Ranking): number[] {
  return results.map(({ index }) => index);
}

/** Waits for the server to be ready. Returns its address. */
async function readyUrl({ stderr }: ChildProcess, signal: AbortSignal): Promise<string> {
  if (stderr === null) throw new Error("the server's log cannot be read");
  const lines: string[] = [];
  for await (const line of createInterface({ input: stderr, signal })) {
    lines.push(line);
    if (line.includes('"msg":"ready"')) return `http://127.0.0.1:${JSON.parse(line).port}`;
  }
  throw new Error(`the server did not start:\n${lines.join("\n")}`);
}

/** Ranks on the page. Returns the texts in their order, and the curl that the page has copied. */
async function rankOnPage(url: string, query: string, documents: readonly string[]) {
  if (chromiumPath === undefined) throw new Error(String(noChromium));
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
  try {
    const permissions = ["clipboard-read", "clipboard-write"];
    const window = await browser.newContext({ locale: "en-US", permissions });
    const page = await window.newPage();
    await page.goto(url);
    await fillForm(page, query, documents.join("\n"));
    await pressRank(page);
    const texts = await rankedTexts(page);
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByText("Copied.").waitFor();
    return { texts, curl: await page.evaluate<string>("navigator.clipboard.readText()") };
  } finally {
    await browser.close();
  }
}

if (noChromium) throw new Error(noChromium);
const folder = mkdtempSync(join(tmpdir(), "rerankd-walk-"));
const packed = execFileSync(
  "npm",
  ["pack", "--ignore-scripts", "--json", "--pack-destination", folder],
  { cwd: packageRoot, encoding: "utf8" },
);
const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
let server: ChildProcess | undefined;
try {
  // As the guide has it: the script of onnxruntime-node fetches libraries that only a GPU needs.
  const flags = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--loglevel=error",
  ];
  execFileSync("npm", ["install", ...flags, join(folder, filename)], {
    cwd: folder,
    stdio: "inherit",
  });
  // A group of its own, since npx starts the server by a shell.
  server = spawn("npx", ["rerankd", "serve", "--port", "0"], {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const url = await readyUrl(server, AbortSignal.timeout(startMs));
  const { request, order } = guideExample(join(folder, "node_modules", "rerankd"));
  const { query, documents } = request;
  const { texts, curl } = await rankOnPage(url, query, documents);
  const answer: Ranking = JSON.parse(execFileSync("sh", ["-c", curl], { encoding: "utf8" }));

  assert.deepEqual(orderOf(answer), order, "curl ranks as the guide says");
  assert.deepEqual(
    texts,
    order.map((index) => documents[index]),
    "the page ranks as the guide says",
  );
  process.stdout.write(`page and curl rank alike, as the guide says:\n${texts.join("\n")}\n`);
} finally {
  if (server?.pid !== undefined && server.exitCode === null && server.signalCode === null) {
    const ended = once(server, "exit");
    process.kill(-server.pid, "SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
