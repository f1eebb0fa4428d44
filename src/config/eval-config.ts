import { type EngineConfig, readEngineConfig } from "./engine-config.ts";
import { type Environment, parseOptions, UsageError } from "./options/parse-options.ts";
import type { Parsed } from "./serve-config.ts";
import { problemsOfClientTls, readServerChoice, type ServerChoice } from "./server-choice.ts";

/** The paths of a TREC run, its judgments and its texts. */
export interface RunFiles {
  readonly run: string;
  readonly qrels: string;
  readonly queries: string;
  readonly corpus: string;
}

/** The configuration of `rerankd eval`, checked and frozen. */
export interface EvalConfig {
  /** Paths of labelled lists; empty if there is a run. */
  readonly files: readonly string[];
  readonly runFiles: RunFiles | undefined;
  /** The folder of a model whose parity.json is compared; undefined: lists or a run are measured. */
  readonly parity: string | undefined;
  /** Most queries of a list; undefined: all. */
  readonly limit: number | undefined;
  /** Most candidates of a query; undefined: all. */
  readonly depth: number | undefined;
  readonly longDocuments: "truncate" | "windows";
  readonly json: boolean;
  /** Where to write the page; undefined: nowhere. */
  readonly html: string | undefined;
  /** Two files that `eval --json` printed, to be compared in place of an evaluation. */
  readonly compare: readonly [string, string] | undefined;
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
  const parity = optionalText("parity");
  const server = readServerChoice(parsed);
  const [first, second, ...more] = files;
  const isPair = first !== undefined && second !== undefined && more.length === 0;
  const compare = parsed.flag("compare") && isPair ? ([first, second] as const) : undefined;
  if (parsed.flag("compare")) {
    if (!isPair) problems.push(`--compare takes two files, got: ${files.length}`);
    for (const flag of [...runFlags, "parity", "out", "limit", "depth"]) {
      if (parsed.isSet(flag)) problems.push(`--compare and --${flag} exclude each other`);
    }
  } else if (parity !== undefined) {
    if (given.length > 0 || files.length > 0) {
      problems.push("--parity takes no labelled lists and no --run");
    }
    if (server !== undefined) {
      problems.push("--parity runs the model of the folder itself, and takes no --url");
    }
  } else if (given.length > 0 && files.length > 0) {
    problems.push("labelled lists and --run exclude each other");
  } else if (given.length > 0 && !runFiles) {
    problems.push("--run, --qrels, --queries and --corpus go together");
  } else if (given.length === 0 && files.length === 0 && problems.length === 0) {
    problems.push(
      "`eval` takes files of labelled lists, a run with --run, or a model's folder with --parity, got: none",
    );
  }
  problems.push(...problemsOfClientTls(parsed));
  if (problems.length > 0) throw new UsageError(problems);
  return {
    help: false,
    config: Object.freeze({
      files: compare ? [] : files,
      runFiles,
      parity,
      limit: parsed.optionalNumber("limit"),
      depth: parsed.optionalNumber("depth"),
      longDocuments: parsed.text("long-documents") === "windows" ? "windows" : "truncate",
      json: parsed.flag("json"),
      html: optionalText("html"),
      compare,
      out: optionalText("out"),
      server,
      engine: readEngineConfig(parsed),
    }),
    notes: parsed.notes,
  };
}
