import { type EngineConfig, readEngineConfig } from "./engine-config.ts";
import { type Environment, parseOptions, UsageError } from "./options/parse-options.ts";
import type { Parsed } from "./serve-config.ts";
import { problemsOfClientTls, readServerChoice, type ServerChoice } from "./server-choice.ts";

/** A TREC run and what belongs to it, as paths. */
export interface RunFiles {
  readonly run: string;
  readonly qrels: string;
  readonly queries: string;
  readonly corpus: string;
}

/** What `rerankd eval` can be told. Checked and frozen. */
export interface EvalConfig {
  /** Paths of labelled lists; empty if there is a run. */
  readonly files: readonly string[];
  readonly runFiles: RunFiles | undefined;
  /** Most queries of a list; undefined: all. */
  readonly limit: number | undefined;
  /** Most candidates of a query; undefined: all. */
  readonly depth: number | undefined;
  readonly longDocuments: "truncate" | "windows";
  readonly json: boolean;
  /** Where to write the reranked run; undefined: nowhere. */
  readonly out: string | undefined;
  /** undefined: the model runs in this process. */
  readonly server: ServerChoice | undefined;
  readonly engine: EngineConfig;
}

const runFlags = ["run", "qrels", "queries", "corpus"] as const;

/** Reads flags and environment of `rerankd eval`. Throws UsageError with every problem at once. */
export function parseEvalConfig(argv: readonly string[], env: Environment): Parsed<EvalConfig> {
  const parsed = parseOptions("eval", argv, env);
  if (parsed.help) return { help: true };
  const problems = [...parsed.problems];
  const { optionalText, positionals: files } = parsed;
  const [run, qrels, queries, corpus] = runFlags.map(optionalText);
  const given = runFlags.filter((flag) => optionalText(flag) !== undefined);
  const runFiles = run && qrels && queries && corpus ? { run, qrels, queries, corpus } : undefined;
  if (given.length > 0 && files.length > 0) {
    problems.push("labelled lists and --run exclude each other");
  } else if (given.length > 0 && !runFiles) {
    problems.push("--run, --qrels, --queries and --corpus go together");
  } else if (given.length === 0 && files.length === 0 && problems.length === 0) {
    problems.push("`eval` takes files of labelled lists, or a run with --run, got: neither");
  }
  problems.push(...problemsOfClientTls(parsed));
  if (problems.length > 0) throw new UsageError(problems);
  return {
    help: false,
    config: Object.freeze({
      files,
      runFiles,
      limit: parsed.optionalNumber("limit"),
      depth: parsed.optionalNumber("depth"),
      longDocuments: parsed.text("long-documents") === "windows" ? "windows" : "truncate",
      json: parsed.flag("json"),
      out: optionalText("out"),
      server: readServerChoice(parsed),
      engine: readEngineConfig(parsed),
    }),
    notes: parsed.notes,
  };
}
