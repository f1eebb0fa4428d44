/**
 * Rewrites what the program can tell better than its authors: the tables of options in the README
 * and in docs/cli.md, the schema of configuration files, measured tables that stand on several pages,
 * the outputs of the commands that the README, docs/http-api.md, docs/cli.md and the guides show, and
 * the scores of the API description's examples. Run it after a change of options, model or version.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findFreePort } from "../../bench/process/child-server.ts";
import { configSchema } from "../../src/config/file/config-schema.ts";
import { optionsTable } from "../../src/config/options/help.ts";
import { interopTool } from "../../test/interop/tools.ts";
import { packageRoot, startServerProcess } from "../../test/server-process.ts";
import { copyTables } from "./copied-tables.ts";
import { replaceBetween } from "./markers.ts";
import { guidePages, servedPages } from "./pages.ts";
import { refreshExamples } from "./refresh-examples.ts";
import { refreshPage } from "./refresh-page.ts";
import type { Step } from "./steps.ts";
import { openWorkspace } from "./workspace.ts";

/** The source of the examples of the API description. */
const examplesFile = "src/server/http/openapi/examples.ts";

await rewrite("README.md", (text) => replaceBetween(text, "options", optionsTable()));
await rewrite("docs/cli.md", (text) =>
  (["pull", "rank", "health", "eval", "mcp"] as const).reduce(
    (result, command) => replaceBetween(result, `${command}-options`, optionsTable(command)),
    text,
  ),
);
await rewrite("docs/rerankd.schema.json", () => `${JSON.stringify(configSchema(), null, 2)}\n`);
await copyTables(packageRoot);
await refreshServedPages();
for (const page of guidePages) await refreshGuide(page);

/** Commands that ask a server that runs; those of grpcurl need it installed. */
async function refreshServedPages(): Promise<void> {
  const grpcurl = interopTool("bin/grpcurl");
  if (grpcurl.skip) process.stderr.write(`outputs of grpcurl stay as they are: ${grpcurl.skip}\n`);
  const server = await startServerProcess();
  const workspace = await openWorkspace({ port: server.port });
  try {
    const isLeftOut = (step: Step): boolean =>
      grpcurl.skip !== false && step.kind === "command" && step.command.startsWith("grpcurl");
    for (const page of servedPages) {
      await rewrite(page, (text) => refreshPage(text, { workspace, lenient: true, isLeftOut }));
    }
    await rewrite(examplesFile, (source) => refreshExamples(source, server.url));
  } finally {
    workspace.close();
    await server.stop();
  }
}

/** A guide starts its own server. */
async function refreshGuide(page: string): Promise<void> {
  const workspace = await openWorkspace({ port: await findFreePort() });
  try {
    await rewrite(page, (text) => refreshPage(text, { workspace }));
  } finally {
    workspace.close();
  }
}

async function rewrite(
  file: string,
  change: (text: string) => string | Promise<string>,
): Promise<void> {
  const path = join(packageRoot, file);
  writeFileSync(path, await change(readFileSync(path, "utf8")));
}
