import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { packageRoot } from "../server-process.ts";
import { startProtocolServer } from "./protocol-server.ts";
import { interopTool, runTool } from "./tools.ts";

const h2spec = interopTool("bin/h2spec");

const fixture = (name: string): Buffer =>
  readFileSync(join(packageRoot, "test", "fixtures", "tls", name));

/**
 * What a port that also serves HTTP/1.1 answers differently by design: what does not begin with the
 * preface is HTTP/1.1.
 */
const preface = "http2/3.5: Sends invalid connection preface";

/**
 * How often a case may fail before it counts: some of them race the answer of the server, and each
 * has two seconds.
 */
const mostRuns = 3;

suite("h2spec", { skip: h2spec.skip }, () => {
  for (const secure of [false, true]) {
    test(`finds nothing that bare Node does better, ${secure ? "over TLS" : "in the clear"}`, async (context) => {
      const tls = secure ? { cert: fixture("cert.pem"), key: fixture("key.pem") } : undefined;
      const { server, port } = await startProtocolServer({ tls });
      context.after(() => server.destroy());
      const bare = tls ? http2.createSecureServer(tls) : http2.createServer();
      bare.on("request", (_request, response) => response.end("{}\n"));
      bare.on("sessionError", () => undefined);
      await once(bare.listen(0, "127.0.0.1"), "listening");
      context.after(() => bare.close());

      const allowed = secure ? [] : [preface];
      const nodes = await failuresAt(context, (bare.address() as AddressInfo).port, secure);
      let worse: readonly string[] | undefined;
      for (let run = 1; run <= mostRuns && worse?.length !== 0; run += 1) {
        const ours = await failuresAt(context, port, secure);
        context.diagnostic(`passed: ${ours.passed}, by bare Node: ${nodes.passed}`);
        assert(ours.passed > 100, `${ours.passed} passed`);
        const known = [...nodes.failed, ...allowed];
        const news = ours.failed.filter((name) => !known.includes(name));
        worse = worse?.filter((name) => news.includes(name)) ?? news;
      }

      assert.deepEqual(worse, []);
    });
  }
});

/** Returns the cases that a server fails, each as `section: title`. */
async function failuresAt(
  context: TestContext,
  port: number,
  secure: boolean,
): Promise<{ readonly passed: number; readonly failed: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "rerankd-h2spec-"));
  context.after(() => rm(folder, { recursive: true }));
  const report = join(folder, "report.xml");
  const tls = secure ? ["--tls", "--insecure"] : [];
  // It exits with 1 if a case fails.
  await runTool(
    h2spec.path,
    ...["--strict", "--port", String(port), "--path", "/health", "--junit-report", report],
    ...tls,
  );
  const xml = await readFile(report, "utf8");
  const cases = [...xml.matchAll(/<testcase ([^>]*)>([\s\S]*?)<\/testcase>/g)];
  const nameOf = (attributes: string): string => {
    const attribute = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1];
    return `${attribute("package")}: ${attribute("classname")}`;
  };
  const failed = cases.filter(([, , body = ""]) => /<(?:failure|error)/.test(body));
  return {
    passed: cases.length - failed.length,
    failed: failed.map(([, attributes = ""]) => nameOf(attributes)),
  };
}
