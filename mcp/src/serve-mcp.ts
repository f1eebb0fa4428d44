import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { Ranker } from "./ranker.ts";
import { registerRankFiles } from "./tools/rank-files.ts";
import { registerRerank } from "./tools/rerank.ts";

/** The dependencies of the MCP server. */
export interface McpOptions {
  readonly version: string;
  readonly ranker: Ranker;
  /** Folders whose files may be read; the first is where relative paths begin. */
  readonly roots: readonly string[];
  /** Where the client's messages come from, for example `process.stdin`. */
  readonly input: Readable;
  /** Where the answers go. Nothing else may be written there. */
  readonly output: Writable;
  /** Ends the server. */
  readonly signal: AbortSignal;
}

/**
 * Serves the tools `rerank` and `rank_files` to one client over its standard input and output.
 * Resolves when the client closes the input, or the signal aborts.
 */
export async function serveMcp(options: McpOptions): Promise<void> {
  const { version, ranker, roots, input, output, signal } = options;
  const server = new McpServer({ name: "rerankd", title: "rerankd", version });
  registerRerank(server, ranker);
  registerRankFiles(server, ranker, roots);
  const waiting = new AbortController();
  const stop = AbortSignal.any([signal, waiting.signal]);
  // The transport does not notice that its client has gone.
  const ended = Promise.race([
    once(input, "end", { signal: stop }),
    once(input, "close", { signal: stop }),
  ]).catch(() => undefined);
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
  });
  await server.connect(new StdioServerTransport(input, output));
  await Promise.race([ended, closed]);
  waiting.abort();
  await server.close();
}
