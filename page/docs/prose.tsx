import type { ComponentChildren } from "preact";

/** A text with parts in backticks, which are code. */
export function Line({ text }: { readonly text: string }) {
  return (
    <>{text.split("`").map((part, at) => (at % 2 === 0 ? part : <code key={part}>{part}</code>))}</>
  );
}

/** Paragraphs; lines that are indented are a list of words and what each means. */
export function Prose({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(/\n{2,}/).map((block) => (
        <Block key={block} text={block} />
      ))}
    </>
  );
}

function Block({ text }: { readonly text: string }) {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("  "));
  const said = first === -1 ? lines : lines.slice(0, first);
  return (
    <>
      {said.length > 0 && (
        <p>
          <Line text={said.join(" ")} />
        </p>
      )}
      {first !== -1 && <Meanings lines={lines.slice(first)} />}
    </>
  );
}

/** A word, and in the second column the first line of its meaning. */
const rowPattern = /^ +(\S+) {2,}(.+)$/;

/** Throws if the first of the lines has no two columns. */
function Meanings({ lines }: { readonly lines: readonly string[] }) {
  const rows: { readonly word: string; readonly meaning: string[] }[] = [];
  for (const line of lines) {
    const [, word, meaning] = rowPattern.exec(line) ?? [];
    if (word !== undefined && meaning !== undefined) rows.push({ word, meaning: [meaning] });
    else if (rows.length > 0) rows.at(-1)?.meaning.push(line.trim());
    else throw new Error(`two columns were expected: ${line}`);
  }
  return (
    <dl class="meanings">
      {rows.map(({ word, meaning }) => (
        <div key={word}>
          <dt>
            <code>{word}</code>
          </dt>{" "}
          <dd>
            <Line text={meaning.join(" ")} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A link to a part of the page; `isInner` where that is within the part of a link before it. */
export interface PageLink {
  readonly href: string;
  readonly text: string;
  readonly isInner?: boolean;
}

/** A page of the reference: its title, the links to its parts, and they. */
export function Page(props: {
  readonly title: string;
  readonly about: string;
  readonly links: readonly PageLink[];
  readonly other: { readonly href: string; readonly text: string };
  readonly children: ComponentChildren;
}) {
  const { title, about, links, other, children } = props;
  return (
    <>
      <a class="skip" href="#content">
        To the content
      </a>
      <header>
        <p class="way">
          <a href="/">rerankd</a> · <a href={other.href}>{other.text}</a> ·{" "}
          <a href="/openapi.json">openapi.json</a>
        </p>
        <h1>{title}</h1>
        <Prose text={about} />
      </header>
      <nav aria-label="Contents">
        <ul>
          {links.map(({ href, text, isInner }) => (
            <li key={href} class={isInner ? "inner" : undefined}>
              <a href={href}>{text}</a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content">{children}</main>
    </>
  );
}
