import { type EngineConfig, readEngineConfig } from "./engine-config.ts";
import {
  type Environment,
  type ParsedOptions,
  parseOptions,
  UsageError,
} from "./options/parse-options.ts";
import type { Parsed } from "./serve-config.ts";
import { problemsOfClientTls, readServerChoice, type ServerChoice } from "./server-choice.ts";

/** What `rerankd rank` is told whether it has one list or many. */
interface RankSettings {
  /** A path, or `-` for the standard input; undefined: the standard input if it is no terminal. */
  readonly file: string | undefined;
  readonly topN: number | undefined;
  readonly scoreThreshold: number | undefined;
  readonly rawScores: boolean;
  readonly longDocuments: "truncate" | "windows";
  /** undefined: the model runs in this process. */
  readonly server: ServerChoice | undefined;
  readonly engine: EngineConfig;
}

/** The configuration of `rerankd rank` with a query, checked and frozen. */
export interface RankConfig extends RankSettings {
  readonly query: string;
  readonly inputFormat: "auto" | "jsonl" | "lines";
  /** `auto`: a table on a terminal, else JSON lines. */
  readonly outputFormat: "auto" | "json" | "table";
  /** Where to write the page; undefined: nowhere. */
  readonly html: string | undefined;
}

/** The configuration of `rerankd rank --jsonl` without a query, checked and frozen. */
export interface RankListsConfig extends RankSettings {
  readonly query: undefined;
  readonly maxLineBytes: number;
  /** Where to write ranked lists; undefined: to the standard output. */
  readonly out: string | undefined;
  /** Where to write what is wrong with lines; `-`: among the ranked lists; undefined: to stderr. */
  readonly errors: string | undefined;
  readonly ordered: boolean;
  /** Whether to go on where an earlier run ended; only with `out`. */
  readonly resume: boolean;
}

/** Flags that say nothing about lists. */
const oneListFlags = ["lines", "table", "html"] as const;

/** Flags that speak of lists. */
const listsFlags = ["max-line-bytes", "out", "errors", "unordered", "resume", "reproducible"];

/** Reads flags and environment of `rerankd rank`. Throws UsageError with every problem at once. */
export function parseRankConfig(
  argv: readonly string[],
  env: Environment,
): Parsed<RankConfig | RankListsConfig> {
  const parsed = parseOptions("rank", argv, env);
  if (parsed.help) return { help: true };
  const { flag, isSet, positionals, optionalText } = parsed;
  const query = optionalText("query");
  const hasLists = flag("jsonl") && query === undefined && !parsed.isWrong("query");
  const problems = [...parsed.problems];
  if (positionals.length > 1) {
    problems.push(`\`rank\` takes one file, got: ${positionals.length}`);
  }
  if (flag("jsonl") && flag("lines")) problems.push("--jsonl and --lines exclude each other");
  if (flag("json") && flag("table")) problems.push("--json and --table exclude each other");
  problems.push(...(hasLists ? problemsOfLists(parsed) : problemsOfOneList(parsed)));
  problems.push(...problemsOfClientTls(parsed));
  if (problems.length > 0) throw new UsageError(problems);
  const settings: RankSettings = {
    file: positionals[0],
    topN: parsed.optionalNumber("top-n"),
    scoreThreshold: parsed.optionalNumber("score-threshold"),
    rawScores: flag("raw-scores"),
    longDocuments: parsed.text("long-documents") === "windows" ? "windows" : "truncate",
    server: readServerChoice(parsed),
    engine: readEngineConfig(parsed),
  };
  const config: RankConfig | RankListsConfig =
    query === undefined
      ? {
          ...settings,
          query,
          engine: isReproducible(parsed) ? { ...settings.engine, ...pairByPair } : settings.engine,
          maxLineBytes: parsed.integer("max-line-bytes"),
          out: optionalText("out"),
          errors: optionalText("errors"),
          ordered: !flag("unordered"),
          resume: isSet("resume"),
        }
      : {
          ...settings,
          query,
          inputFormat: flag("jsonl") ? "jsonl" : flag("lines") ? "lines" : "auto",
          outputFormat: flag("json") ? "json" : flag("table") ? "table" : "auto",
          html: optionalText("html"),
        };
  return { help: false, config: Object.freeze(config), notes: parsed.notes };
}

/**
 * Makes each pair a batch of its own: what stands beside a row in a batch, which depends on time,
 * changes the last bits of its score.
 */
const pairByPair = { maxBatchTokens: 1 } as const;

function isReproducible({ text, flag }: ParsedOptions): boolean {
  const asked = text("reproducible");
  return asked === "on" || (asked === "auto" && flag("resume"));
}

function problemsOfOneList({ isSet, isWrong, optionalText }: ParsedOptions): string[] {
  const problems = listsFlags
    .filter(isSet)
    .map((name) => `--${name} is for lists: it goes with --jsonl, and without --query`);
  if (optionalText("query") !== undefined || isWrong("query")) return problems;
  const example = 'for example `rerankd rank -q "red fruit" notes.txt`';
  return [...problems, `--query is missing, ${example}; with --jsonl alone, each line is a list`];
}

function problemsOfLists({ isSet, flag, text, optionalText }: ParsedOptions): string[] {
  const problems = oneListFlags
    .filter((name) => isSet(name) && name !== "lines")
    .map((name) => `--${name} needs --query: it shows one list`);
  if (flag("resume") && optionalText("out") === undefined) {
    problems.push("--resume needs --out, the file to go on with");
  }
  if (flag("resume") && flag("unordered")) {
    problems.push("--resume and --unordered exclude each other");
  }
  if (optionalText("out") !== undefined && optionalText("out") === optionalText("errors")) {
    problems.push(
      "--out and --errors must be different files; `--errors -` writes among the lists",
    );
  }
  if (isSet("url") && text("reproducible") === "on") {
    const advice = "start the server with --max-batch-tokens 1";
    problems.push(`--reproducible on and --url exclude each other: ${advice}`);
  }
  return problems;
}
