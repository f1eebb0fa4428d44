import { useMemo, useRef, useState } from "preact/hooks";
import { type CallTarget, callLanguages, exactCall } from "../logic/exact-call.ts";
import type { RerankBody } from "../logic/settings.ts";
import { useLanguage } from "./language.ts";

/** Longest part of a call that is shown; the whole is copied. */
const shownChars = 8_000;

/** The call that the form stands for, in a choice of languages. */
export function CallPanel(props: {
  /** undefined: the form does not hold a request yet. */
  readonly body: RerankBody | undefined;
  readonly target: CallTarget;
  readonly onCopy: (text: string) => void;
}) {
  const { texts, number } = useLanguage();
  const { body, target } = props;
  const [language, setLanguage] = useState<(typeof callLanguages)[number]>("curl");
  const tabs = useRef<HTMLDivElement>(null);
  const text = useMemo(
    () => body && exactCall(language, body, target),
    [body, language, target.origin, target.needsKey],
  );

  /** Arrow keys go from tab to tab, as is usual for tabs. */
  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const count = callLanguages.length;
    const at = (callLanguages.indexOf(language) + step + count) % count;
    setLanguage(callLanguages[at] ?? "curl");
    tabs.current?.querySelectorAll("button")[at]?.focus();
  }

  return (
    <section class="call" aria-labelledby="call-title">
      <h2 id="call-title">{texts.call}</h2>
      <div class="tabs">
        <div role="tablist" aria-labelledby="call-title" ref={tabs} onKeyDown={onKeyDown}>
          {callLanguages.map((name) => (
            <button
              type="button"
              role="tab"
              key={name}
              id={`call-${name}`}
              aria-controls="call-text"
              aria-selected={name === language}
              tabIndex={name === language ? 0 : -1}
              onClick={() => setLanguage(name)}
            >
              {name}
            </button>
          ))}
        </div>
        {text && (
          <button type="button" class="copy" onClick={() => props.onCopy(text)}>
            {texts.copy}
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a tab's panel, which may scroll, is reached by keyboard */}
      <div id="call-text" role="tabpanel" aria-labelledby={`call-${language}`} tabIndex={0}>
        {text ? <pre>{text.slice(0, shownChars)}</pre> : <p class="hint">{texts.callPending}</p>}
        {text && text.length > shownChars && (
          <p class="hint">{texts.shortened(number(text.length))}</p>
        )}
      </div>
    </section>
  );
}
