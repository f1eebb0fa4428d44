import { type Command, type Option, takes } from "./option.ts";
import { options } from "./options.ts";

/** Widest line of help, so that it fits a terminal. */
const columns = 80;

const summaries = {
  serve: "Serves a reranking model over gRPC, gRPC-Web, Connect and HTTP/JSON on one port.",
  pull: "Downloads a model from the hub into the cache that Python's hub library uses.",
  rank: "Ranks the documents of a file by a query, or many lists, one a line (--jsonl).",
  health: "Tells whether a server serves: status 0 if it does, else 1.",
  eval: "Measures nDCG@10 and MRR@10 of a model on labelled lists.",
  mcp: "Offers reranking as tools to editors and agents (MCP over stdio).",
  doctor: "Looks at what `rerankd serve` with these options needs, and what to do.",
  config: "Checks, or prints, the settings that `rerankd serve` would have; or their JSON schema.",
} as const satisfies Record<Command, string>;

const usages = {
  serve: "rerankd serve [OPTIONS]",
  pull: "rerankd pull ID [OPTIONS]",
  rank: "rerankd rank (-q QUERY | --jsonl) [FILE|-] [OPTIONS]",
  health: "rerankd health [OPTIONS]",
  eval: "rerankd eval LIST... [OPTIONS]",
  mcp: "rerankd mcp [OPTIONS]",
  doctor: "rerankd doctor [OPTIONS]",
  config: "rerankd config check|print|schema [OPTIONS]",
} as const satisfies Record<Command, string>;

/** Returns the help of the program: its commands. */
export function programHelp(): string {
  return [
    "Reranks search results with a cross-encoder.",
    "",
    "Usage: rerankd COMMAND [OPTIONS]",
    "",
    "Commands:",
    "  serve    start the server",
    "  pull     download a model",
    "  rank     rank the documents of a file",
    "  health   ask a server whether it serves",
    "  eval     measure a model on labelled lists",
    "  mcp      offer reranking as tools to editors and agents",
    "  doctor   look at what a server would need on this machine",
    "  config   check or print the settings of a server",
    "  version  print the version",
    "",
    "`rerankd COMMAND --help` lists a command's options.",
    "",
  ].join("\n");
}

/**
 * Returns the help of one command: its options by group, each with its environment variables and
 * default.
 */
export function commandHelp(command: Command): string {
  const lines = [summaries[command], "", `Usage: ${usages[command]}`];
  for (const [group, members] of groupsOf(command)) {
    lines.push("", `${group}:`);
    for (const option of members) {
      lines.push(`  ${flagsOf(option)}${option.value ? ` ${option.value}` : ""}`);
      lines.push(...wrap(`${option.help}${notes(option)}`, "      "));
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Returns the options of a command as a Markdown table. Default: those of `serve`. */
export function optionsTable(command: Command = "serve"): string {
  const taken = options.filter((option) => takes(command, option));
  const rows = taken.map((option) => {
    const flags = namesOf(option).map((flag) => `\`${flag}\``);
    const env = option.env.map((name) => `\`${name}\``);
    const fallback = option.default === undefined ? "" : `\`${option.default}\``;
    return `| ${flags.join(", ")} | ${env.join(", ")} | ${fallback} | ${option.help} |`;
  });
  return ["| flag | environment | default | meaning |", "| --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

function groupsOf(command: Command): Map<string, Option[]> {
  const groups = new Map<string, Option[]>();
  for (const option of options) {
    if (!takes(command, option)) continue;
    groups.set(option.group, [...(groups.get(option.group) ?? []), option]);
  }
  return groups;
}

function flagsOf(option: Option): string {
  return namesOf(option).join(", ");
}

function namesOf({ flag, aliases = [], short }: Option): string[] {
  return [...(short ? [`-${short}`] : []), ...[flag, ...aliases].map((name) => `--${name}`)];
}

function notes({ env, default: fallback }: Option): string {
  const parts = [
    ...(env.length > 0 ? [`env: ${env.join(", ")}`] : []),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
  ];
  return parts.length > 0 ? ` [${parts.join("; ")}]` : "";
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, indent + line];
}
