import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { McpConfig } from "../config/mcp-config.ts";
import { StartupError } from "../errors.ts";
import { loadOnce } from "../load-once.ts";
import { packageVersion } from "../package-root.ts";
import { openRanker } from "./open-ranker.ts";
import type { ProcessContext } from "./process-context.ts";

/** The optional package with the MCP tools. */
const toolsPackage = "rerankd-mcp";

/**
 * Serves the tools of the Model Context Protocol on the standard input and output, until the client
 * closes them. The model is loaded, or the server asked, when a tool is called first. Rejects with a
 * StartupError if the package of the tools is not installed, or a root is no folder.
 */
export async function mcp(config: McpConfig, context: ProcessContext): Promise<void> {
  const roots = config.roots.map((root) => resolve(root));
  for (const root of roots) await checkRoot(root);
  const { serveMcp } = await loadTools();
  const opened = loadOnce(async () => await openRanker(config, context));
  try {
    await serveMcp({
      version: packageVersion(),
      ranker: {
        async rerank(request, call) {
          const ranker = await opened.get().catch((error: unknown) => {
            throw withHint(error);
          });
          return await ranker.rerank(request, call);
        },
      },
      roots,
      input: context.stdin(),
      output: context.stdout,
      signal: context.stop,
    });
  } finally {
    const ranker = await opened.present()?.catch(() => undefined);
    await ranker?.close();
  }
}

/** A client shows the message of an error alone. */
function withHint(error: unknown): unknown {
  if (!(error instanceof StartupError) || error.hint === undefined) return error;
  return new StartupError(`${error.message}; ${error.hint}`, { cause: error });
}

async function loadTools() {
  try {
    return await import("rerankd-mcp");
  } catch (cause) {
    throw new StartupError(`the package ${toolsPackage} is not installed`, {
      hint: `run \`npm install ${toolsPackage}\` beside rerankd`,
      cause,
    });
  }
}

async function checkRoot(root: string): Promise<void> {
  await readdir(root).catch((cause: unknown) => {
    throw new StartupError(`--root must be a folder that can be read, got: \`${root}\``, { cause });
  });
}
