import type { ComponentChildren } from "preact";

/** A text with parts in backticks, which are code. */
export function Line({ text }: { readonly text: string }) {
  return (
    <>{text.split("`").map((part, at) => (at % 2 === 0 ? part : <code key={part}>{part}</code>))}</>
  );
}

/** Paragraphs; lines that are indented keep their columns. */
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
      {first !== -1 && (
        <pre>
          <Line text={lines.slice(first).join("\n")} />
        </pre>
      )}
    </>
  );
}

/** A page of the reference: its title, the links to its parts, and they. */
export function Page(props: {
  readonly title: string;
  readonly about: string;
  readonly links: readonly { readonly href: string; readonly text: string }[];
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
          {links.map(({ href, text }) => (
            <li key={href}>
              <a href={href}>{text}</a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content">{children}</main>
    </>
  );
}
