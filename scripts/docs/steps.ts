import { type CodeBlock, codeBlocksOf } from "./code-blocks.ts";

/** Output that a page shows, and where. */
export interface ShownOutput {
  readonly text: string;
  /** Where it begins and ends in the page, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  /** `json`: one answer over several lines; `lines`: as printed; `any order`: lines of a program. */
  readonly layout: "json" | "lines" | "any order";
}

/** Something to do, in the order of the page. */
export type Step =
  | { readonly kind: "file"; readonly name: string; readonly content: string }
  | { readonly kind: "command"; readonly command: string; readonly output?: ShownOutput }
  | { readonly kind: "program"; readonly code: string; readonly output: ShownOutput }
  | { readonly kind: "serve"; readonly command: string }
  | { readonly kind: "skipped"; readonly title: string; readonly reason: string };

const shells: ReadonlySet<string> = new Set(["bash", "shell"]);
const outputs: ReadonlySet<string> = new Set(["json", "text"]);

/**
 * Returns what the code blocks of a page tell to do. A `console` block has commands after `$ `, each
 * with its output; a `bash` or `shell` block is one script, and a `ts` block one program, whose
 * output is a `json` or `text` block right after it. Throws for a block that has no such role and no
 * marker, unless `lenient`, which leaves it out.
 */
export function stepsOf(page: string, { lenient = false } = {}): Step[] {
  const blocks = codeBlocksOf(page);
  return blocks.flatMap((block, index): Step[] => {
    const { language, code, marker } = block;
    const title = code.split("\n")[0] ?? "";
    if (marker?.kind === "not run") return [{ kind: "skipped", title, reason: marker.reason }];
    if (marker?.kind === "file") return [{ kind: "file", name: marker.name, content: code }];
    if (marker?.kind === "serves") return [{ kind: "serve", command: code.trim() }];
    const output = outputOf(blocks[index + 1]);
    if (language === "console") return commandsOf(block);
    if (language === "ts" && output) {
      return [{ kind: "program", code, output: { ...output, layout: "any order" } }];
    }
    if (shells.has(language) && !lenient) {
      return [{ kind: "command", command: code.trim(), ...(output && { output }) }];
    }
    if (lenient || hasOutput(blocks[index - 1], block)) return [];
    throw new Error(`the block \`${title}\` is not run and does not say why`);
  });
}

function outputOf(block: CodeBlock | undefined): ShownOutput | undefined {
  if (block === undefined || block.marker || !outputs.has(block.language)) return undefined;
  const { code: text, from, to, language } = block;
  return { text, from, to, layout: language === "json" ? "json" : "lines" };
}

function hasOutput(before: CodeBlock | undefined, block: CodeBlock): boolean {
  if (before === undefined || before.marker || outputOf(block) === undefined) return false;
  return shells.has(before.language) || before.language === "ts";
}

/** Returns the commands of a console block. */
function commandsOf({ code, from }: CodeBlock): Step[] {
  return [...code.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map((match) => {
    const [whole, command = "", text = ""] = match;
    const to = from + match.index + whole.length;
    const output: ShownOutput = { text, from: to - text.length, to, layout: "lines" };
    return { kind: "command", command, output };
  });
}
