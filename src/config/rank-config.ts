import { type EngineConfig, readEngineConfig } from "./engine-config.ts";
import { type Environment, parseOptions, UsageError } from "./options/parse-options.ts";
import type { Parsed } from "./serve-config.ts";
import { problemsOfClientTls, readServerChoice, type ServerChoice } from "./server-choice.ts";

/** The configuration of `rerankd rank`, checked and frozen. */
export interface RankConfig {
  readonly query: string;
  /** A path, or `-` for the standard input; undefined: the standard input if it is no terminal. */
  readonly file: string | undefined;
  readonly inputFormat: "auto" | "jsonl" | "lines";
  /** `auto`: a table on a terminal, else JSON lines. */
  readonly outputFormat: "auto" | "json" | "table";
  /** Where to write the page; undefined: nowhere. */
  readonly html: string | undefined;
  readonly topN: number | undefined;
  readonly scoreThreshold: number | undefined;
  readonly rawScores: boolean;
  readonly longDocuments: "truncate" | "windows";
  /** undefined: the model runs in this process. */
  readonly server: ServerChoice | undefined;
  readonly engine: EngineConfig;
}

/** Reads flags and environment of `rerankd rank`. Throws UsageError with every problem at once. */
export function parseRankConfig(argv: readonly string[], env: Environment): Parsed<RankConfig> {
  const parsed = parseOptions("rank", argv, env);
  if (parsed.help) return { help: true };
  const problems = [...parsed.problems];
  const { flag, positionals, optionalText } = parsed;
  const query = optionalText("query");
  if (query === undefined && !parsed.isWrong("query")) {
    problems.push('--query is missing, for example `rerankd rank -q "red fruit" notes.txt`');
  }
  if (positionals.length > 1) {
    problems.push(`\`rank\` takes one file, got: ${positionals.length}`);
  }
  if (flag("jsonl") && flag("lines")) problems.push("--jsonl and --lines exclude each other");
  if (flag("json") && flag("table")) problems.push("--json and --table exclude each other");
  problems.push(...problemsOfClientTls(parsed));
  if (problems.length > 0 || query === undefined) throw new UsageError(problems);
  return {
    help: false,
    config: Object.freeze({
      query,
      file: positionals[0],
      inputFormat: flag("jsonl") ? "jsonl" : flag("lines") ? "lines" : "auto",
      outputFormat: flag("json") ? "json" : flag("table") ? "table" : "auto",
      html: parsed.optionalText("html"),
      topN: parsed.optionalNumber("top-n"),
      scoreThreshold: parsed.optionalNumber("score-threshold"),
      rawScores: flag("raw-scores"),
      longDocuments: parsed.text("long-documents") === "windows" ? "windows" : "truncate",
      server: readServerChoice(parsed),
      engine: readEngineConfig(parsed),
    }),
    notes: parsed.notes,
  };
}
