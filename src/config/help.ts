import { type Command, type Option, takes } from "./option.ts";
import { options } from "./options.ts";

/** Widest line of help, so that it fits a terminal. */
const columns = 80;

const summaries = {
  serve: "Serves a reranking model over gRPC, gRPC-Web, Connect and HTTP/JSON on one port.",
  pull: "Downloads a model from the hub into the cache that Python's hub library uses.",
} as const satisfies Record<Command, string>;

const usages = {
  serve: "rerankd serve [OPTIONS]",
  pull: "rerankd pull ID [OPTIONS]",
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
      lines.push(`  ${flagsOf(option)} ${option.value}`);
      lines.push(...wrap(`${option.help}${notes(option)}`, "      "));
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Returns the options of all commands as a Markdown table, for the README. */
export function optionsTable(): string {
  const rows = options.map((option) => {
    const flags = [option.flag, ...(option.aliases ?? [])].map((flag) => `\`--${flag}\``);
    const env = option.env.map((name) => `\`${name}\``);
    const fallback = option.default ? `\`${option.default}\`` : "";
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

function flagsOf({ flag, aliases = [] }: Option): string {
  return [flag, ...aliases].map((name) => `--${name}`).join(", ");
}

function notes({ env, default: fallback }: Option): string {
  const parts = [`env: ${env.join(", ")}`, ...(fallback ? [`default: ${fallback}`] : [])];
  return ` [${parts.join("; ")}]`;
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
