import { useState } from "preact/hooks";
import { useLanguage } from "./language.ts";

/** What a header can carry; a browser sends nothing else. */
const keyPattern = /^[\x21-\x7e]+$/;

/** Asks for the API key, which lives in the page's memory alone. */
export function KeyForm(props: {
  readonly apiKey: string | undefined;
  /** Whether the server refused to go on without a key, or with this one. */
  readonly isWanted: boolean;
  readonly onKey: (key: string | undefined) => void;
}) {
  const { texts } = useLanguage();
  const [typed, setTyped] = useState("");
  const [isOdd, setOdd] = useState(false);
  const { apiKey, isWanted, onKey } = props;
  if (!isWanted) {
    return apiKey === undefined ? null : (
      <p class="key">
        <button type="button" class="plain" onClick={() => onKey(undefined)}>
          {texts.keyForget}
        </button>
      </p>
    );
  }
  return (
    <form
      class="key"
      onSubmit={(event) => {
        event.preventDefault();
        const key = typed.trim();
        setOdd(key !== "" && !keyPattern.test(key));
        if (!keyPattern.test(key)) return;
        setTyped("");
        onKey(key);
      }}
    >
      <h2>{texts.keyTitle}</h2>
      <p class="hint" id="key-hint">
        {texts.keyHint}
      </p>
      <p class="fault" role="alert">
        {isOdd && texts.keyOdd}
      </p>
      <p>
        <label for="key">{texts.keyLabel}</label>
        <input
          id="key"
          type="password"
          autocomplete="off"
          aria-describedby="key-hint"
          value={typed}
          onInput={({ currentTarget: { value } }) => setTyped(value)}
        />
        <button type="submit">{texts.keyUse}</button>
      </p>
    </form>
  );
}
