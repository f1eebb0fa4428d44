/** A piece of a page whose texts are escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a template: texts and numbers are escaped, pieces are taken as they are. */
export type HtmlPart = string | number | Html | readonly Html[];

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Joins a template to a piece of a page. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlPart[]): Html {
  const texts = values.map((value, at) => `${textOf(value)}${parts[at + 1]}`);
  return new Html(`${parts[0]}${texts.join("")}`);
}

function textOf(value: HtmlPart): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return String(value).replaceAll(/[&<>"']/g, (character) => escapes[character] ?? "");
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; font-size: 1.25rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { overflow-x: auto; } .note { opacity: .75; }
.orders { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem; }
.orders ol { padding-left: 2rem; margin: 0; } .orders li { overflow-wrap: anywhere; }
.relevant { background: #2c9a4a33; } .relevant::after { content: " ✓"; }
details { margin: .75rem 0; padding: .5rem .75rem; border: 1px solid #8884; border-radius: .5rem; }
summary { cursor: pointer; } .text { overflow-wrap: anywhere; white-space: pre-wrap; }
figure { margin: 1rem 0; overflow-x: auto; } figcaption { opacity: .75; }
`;

/** What a page says. */
export interface Page {
  readonly title: string;
  readonly body: Html;
}

/**
 * Returns a whole page in one file: it loads nothing, runs no script, and is light or dark as its
 * reader likes.
 */
export function pageOf({ title, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`.text;
}

/** Returns a table. Columns that `numbers` names, from 0, are aligned as numbers. */
export function tableOf(
  heads: readonly string[],
  rows: readonly (readonly HtmlPart[])[],
  numbers: readonly number[] = [],
): Html {
  const classOf = (at: number) => new Html(numbers.includes(at) ? ' class="number"' : "");
  const head = heads.map((text, at) => html`<th${classOf(at)}>${text}</th>`);
  const lines = rows.map(
    (row) => html`<tr>${row.map((cell, at) => html`<td${classOf(at)}>${cell}</td>`)}</tr>\n`,
  );
  return html`<div class="wide"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${lines}</tbody>
</table></div>`;
}
