import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import type { RankListsConfig } from "../../config/rank-config.ts";
import { StartupError } from "../../errors.ts";
import { packageVersion } from "../../package-root.ts";
import { reasonOf } from "../files/read-input.ts";
import { openAtomicFile } from "../files/write-output.ts";
import type { ByteLine } from "./split-lines.ts";

/** How many lines came of the input, and what became of them. */
export interface ListCounts {
  readonly ranked: number;
  readonly refused: number;
  readonly documents: number;
}

/** The last line whose outcome was written: where to go on, and how to know it again. */
export interface LastLine {
  /** From 1. */
  readonly number: number;
  readonly offset: number;
  readonly end: number;
  readonly sha256: string;
}

/** How far a run was, as its state file says. */
export interface Checkpoint {
  /** What decides what is written, by name. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** undefined: none was written yet. */
  readonly last?: LastLine | undefined;
  /** Bytes of `--out` that belong to the lines up to the last. */
  readonly outputBytes: number;
  /** Bytes of `--errors`. */
  readonly errorsBytes: number;
  readonly counts: ListCounts;
}

/** Returns the path of the state file of an output. */
export function checkpointPath(out: string): string {
  return `${out}.resume`;
}

/** Returns how to know a line again. */
export function lastLineOf({ number, offset, end, bytes }: ByteLine): LastLine {
  const sha256 = createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");
  return { number, offset, end, sha256 };
}

/** Returns the settings that decide what is written, and which must therefore stay. */
export function decisiveSettings(config: RankListsConfig): Readonly<Record<string, unknown>> {
  const { engine, server, topN, scoreThreshold, rawScores, longDocuments, maxLineBytes } = config;
  const { modelId, revision, dtype, device, onnxFile, positiveLabel, prompt, activation } = engine;
  return {
    version: packageVersion(),
    url: server?.url ?? null,
    ...{
      model: (server === undefined ? modelId : server.model) ?? null,
      revision: revision ?? null,
      dtype,
      device,
    },
    ...{ onnxFile: onnxFile ?? null, positiveLabel: positiveLabel ?? null, ...prompt, activation },
    maxLength: engine.maxLength ?? null,
    maxBatchTokens: engine.maxBatchTokens ?? null,
    ...{ topN: topN ?? null, scoreThreshold: scoreThreshold ?? null, rawScores, longDocuments },
    maxLineBytes,
    errors: config.errors ?? null,
  };
}

/** Writes the state file whole or not at all. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const file = await openAtomicFile(path, "resume");
  try {
    await file.finish(`${JSON.stringify(checkpoint)}\n`);
  } catch (cause) {
    await file.discard();
    const message = `--resume cannot be written: \`${path}\`: ${reasonOf(cause)}`;
    throw new StartupError(message, { cause });
  }
}

/** Removes the state of an earlier run, if there is one, because its output is being written anew. */
export async function forgetCheckpoint(out: string): Promise<void> {
  const path = checkpointPath(out);
  await rm(path, { force: true }).catch((cause: unknown) => {
    throw new StartupError(`\`${path}\` cannot be removed: ${reasonOf(cause)}`, { cause });
  });
}

/**
 * Reads a state file; undefined if there is none. Rejects with a StartupError if it is none of
 * ours, or of a run with other settings.
 */
export async function readCheckpoint(
  path: string,
  settings: Checkpoint["settings"],
): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new StartupError(`\`${path}\` cannot be read: ${reasonOf(cause)}`, { cause });
  }
  const checkpoint = parseCheckpoint(text);
  if (checkpoint === undefined) {
    throw new StartupError(`\`${path}\` is not the state of a run`, { hint });
  }
  const now = JSON.parse(JSON.stringify(settings));
  for (const name of new Set([...Object.keys(now), ...Object.keys(checkpoint.settings)])) {
    const [then, asked] = [checkpoint.settings[name], now[name]].map((it) => JSON.stringify(it));
    if (then === asked) continue;
    throw new StartupError(
      `\`${path}\` is of a run with another ${name}: ${then ?? "none"}, and now ${asked ?? "none"}`,
      { hint },
    );
  }
  return checkpoint;
}

const hint = "go on with the settings of that run, or begin anew without --resume";

function parseCheckpoint(text: string): Checkpoint | undefined {
  try {
    const { settings, last, outputBytes, errorsBytes, counts } = JSON.parse(text);
    const numbers = [
      ...[outputBytes, errorsBytes, counts.ranked, counts.refused, counts.documents],
      ...(last === undefined ? [] : [last.number, last.offset, last.end]),
    ];
    const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
    if (typeof settings !== "object" || settings === null || !numbers.every(isWhole)) return;
    return { settings, last, outputBytes, errorsBytes, counts };
  } catch {
    return undefined;
  }
}
