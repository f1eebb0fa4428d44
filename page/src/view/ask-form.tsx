import type { Settings } from "../logic/settings.ts";
import { type Example, examples } from "../text/examples.ts";
import { useLanguage } from "./language.ts";
import { SettingsFields } from "./settings-fields.tsx";

/** What the form holds. */
export interface Draft {
  readonly query: string;
  /** The text box's text. */
  readonly candidates: string;
  readonly settings: Settings;
  /** The settings beside which the first are compared; undefined: none. */
  readonly other: Settings | undefined;
}

/** The form: query, candidates, settings. */
export function AskForm(props: {
  readonly draft: Draft;
  readonly documents: readonly string[];
  readonly models: readonly string[];
  readonly isRunning: boolean;
  /** Why the form cannot be ranked as it is; undefined: nobody has tried, or it can. */
  readonly problem: string | undefined;
  readonly onChange: (part: Partial<Draft>) => void;
  readonly onExample: (example: Example) => void;
  readonly onFiles: (files: readonly File[]) => void;
  readonly onRank: () => void;
  readonly onStop: () => void;
}) {
  const { texts, number } = useLanguage();
  const { draft, documents, models, onChange } = props;
  const { settings, other } = draft;
  const characters = documents.reduce((sum, { length }) => sum + length, 0);
  return (
    <form
      class="ask"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        props.onRank();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        props.onRank();
      }}
    >
      <fieldset class="examples">
        <legend>{texts.examples}</legend>
        {examples.map((example) => (
          <button
            type="button"
            class="plain"
            key={example.tag}
            lang={example.tag}
            onClick={() => props.onExample(example)}
          >
            {example.name}
          </button>
        ))}
      </fieldset>

      <label for="query">{texts.query}</label>
      <input
        id="query"
        class="query"
        dir="auto"
        autocomplete="off"
        placeholder={texts.queryHint}
        value={draft.query}
        onInput={({ currentTarget: { value } }) => onChange({ query: value })}
      />

      <label for="candidates">{texts.candidates}</label>
      <textarea
        id="candidates"
        rows={11}
        spellcheck={false}
        aria-describedby="candidates-hint candidates-count"
        value={draft.candidates}
        onInput={({ currentTarget: { value } }) => onChange({ candidates: value })}
      />
      <p class="under">
        <span id="candidates-count">
          {texts.counted(number(documents.length), number(characters))}
        </span>
        <label class="file">
          <input
            type="file"
            multiple
            accept=".txt,.md,.jsonl,.ndjson,.csv,.tsv"
            onChange={({ currentTarget }) => {
              props.onFiles([...(currentTarget.files ?? [])]);
              currentTarget.value = "";
            }}
          />
          <span>{texts.file}</span>
        </label>
      </p>
      <p class="hint" id="candidates-hint">
        {texts.candidatesHint}
      </p>

      <p class="act">
        <button type="submit" class="main" aria-keyshortcuts="Control+Enter">
          {texts.rank}
        </button>
        {props.isRunning && (
          <button type="button" onClick={props.onStop}>
            {texts.stop}
          </button>
        )}
      </p>
      <p class="notice" role="alert">
        {props.problem}
      </p>

      <SettingsFields
        title={other ? texts.settingsA : texts.settings}
        settings={settings}
        models={models}
        onChange={(changed) => onChange({ settings: changed })}
      />
      <p class="compare">
        <label>
          <input
            type="checkbox"
            checked={other !== undefined}
            onChange={({ currentTarget: { checked } }) =>
              onChange({ other: checked ? settings : undefined })
            }
          />{" "}
          {texts.compare}
        </label>
      </p>
      {other && (
        <SettingsFields
          title={texts.settingsB}
          settings={other}
          models={models}
          onChange={(changed) => onChange({ other: changed })}
        />
      )}
    </form>
  );
}
