import type { LanguageTag } from "./language.ts";
import { languages, useLanguage } from "./language.ts";
import type { ServerFacts } from "./use-server.ts";

/** The page's name, what the server says of itself, and the choice of language. */
export function Header(props: {
  readonly server: ServerFacts;
  readonly language: LanguageTag;
  readonly onLanguage: (tag: LanguageTag) => void;
}) {
  const { texts } = useLanguage();
  return (
    <header class="top">
      <div>
        <h1>rerankd</h1>
        <p class="tagline">{texts.tagline}</p>
      </div>
      <div class="corner">
        <ServerCorner server={props.server} />
        <fieldset class="languages">
          <legend class="unseen">{texts.language}</legend>
          {(Object.keys(languages) as LanguageTag[]).map((tag) => (
            <button
              type="button"
              class="plain"
              key={tag}
              lang={tag}
              aria-pressed={tag === props.language}
              onClick={() => props.onLanguage(tag)}
            >
              {languages[tag]}
            </button>
          ))}
        </fieldset>
      </div>
    </header>
  );
}

function ServerCorner({ server }: { readonly server: ServerFacts }) {
  const { texts, number } = useLanguage();
  const { status, model, device, dtype, maxLength, figures } = server;
  const speed = figures?.tokensPerSecond;
  return (
    <section class="server" aria-label={texts.server}>
      <p>
        <span class={`dot ${status}`} aria-hidden="true" />
        {model && <strong>{model}</strong>} <span>{texts.status[status] ?? status}</span>
      </p>
      <p class="figures">
        {[
          ...(device ? [[device, dtype].filter(Boolean).join(" ")] : []),
          ...(maxLength ? [texts.upTo(number(maxLength))] : []),
          ...(figures ? [texts.queue(number(figures.queueTokens))] : []),
          ...(speed ? [texts.speed(number(speed))] : []),
        ].map((text) => (
          <span key={text}>{text}</span>
        ))}
      </p>
    </section>
  );
}
