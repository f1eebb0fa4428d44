/** What a comment before a code block says of it. */
export type Marker =
  /** `<!-- not run: REASON -->`: nothing here can run it. */
  | { readonly kind: "not run"; readonly reason: string }
  /** `<!-- file: NAME -->`: it is the content of this file. */
  | { readonly kind: "file"; readonly name: string }
  /** `<!-- serves -->`: it runs until somebody ends it. */
  | { readonly kind: "serves" };

/** A fenced code block of a page. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** Where the code begins and ends in the page, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  readonly marker: Marker | undefined;
}

const blockPattern = /^(?:<!-- ([^>\n]+) -->\n+)?```(\w+)\n([\s\S]*?)^```$/gm;

/** Returns the code blocks of a page of Markdown, in order. */
export function codeBlocksOf(page: string): CodeBlock[] {
  return [...page.matchAll(blockPattern)].map((match) => {
    const [whole, comment, language = "", code = ""] = match;
    const to = match.index + whole.length - "```".length;
    return { language, code, from: to - code.length, to, marker: markerOf(comment) };
  });
}

function markerOf(comment: string | undefined): Marker | undefined {
  if (comment === "serves") return { kind: "serves" };
  const [, kind, value] = /^(not run|file): (.+)$/.exec(comment ?? "") ?? [];
  if (kind === undefined || value === undefined) return undefined;
  return kind === "file" ? { kind, name: value } : { kind: "not run", reason: value };
}
