import type { Readable } from "node:stream";
import type { Environment } from "../config/options/parse-options.ts";

/** Bytes that come in, and whether a person types them. */
export type InputStream = Readable & { readonly isTTY?: boolean };

/** The parts of the process that commands use. */
export interface ProcessContext {
  /** Words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** The id of the process. */
  readonly pid: number;
  /** Returns the standard input. Opening it has effects, so only commands that read it ask. */
  readonly stdin: () => InputStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts at the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Version of Node, for example `22.11.0`. Default: unknown. */
  readonly nodeVersion?: string | undefined;
  /** Version of Node's HTTP/2 library. Default: one without known faults. */
  readonly nghttp2Version?: string | undefined;
}
