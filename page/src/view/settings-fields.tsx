import { useId } from "preact/hooks";
import type { Settings } from "../logic/settings.ts";
import { useLanguage } from "./language.ts";

/** The fields of one set of settings. */
export function SettingsFields(props: {
  readonly title: string;
  readonly settings: Settings;
  /** The served names; with one alone there is nothing to choose. */
  readonly models: readonly string[];
  readonly onChange: (settings: Settings) => void;
}) {
  const { texts } = useLanguage();
  const { title, settings, models, onChange } = props;
  const id = useId();
  const change = (part: Partial<Settings>): void => onChange({ ...settings, ...part });
  // A link may carry a name that this server does not have: the server then says so.
  const names = [...new Set([...models, ...(settings.model ? [settings.model] : [])])];
  return (
    <fieldset class="settings">
      <legend>{title}</legend>
      {names.length > 1 && (
        <p>
          <label for={`${id}-model`}>{texts.model}</label>
          <select
            id={`${id}-model`}
            value={settings.model ?? names[0]}
            onChange={({ currentTarget: { value } }) =>
              change({ model: value === models[0] ? undefined : value })
            }
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </p>
      )}
      <p>
        <label for={`${id}-top`}>{texts.topN}</label>
        <input
          id={`${id}-top`}
          type="number"
          min="1"
          step="1"
          inputMode="numeric"
          placeholder={texts.all}
          value={settings.topN ?? ""}
          onInput={({ currentTarget: { value } }) => {
            const topN = Math.floor(Number(value));
            change({ topN: topN > 0 && topN < 2 ** 31 ? topN : undefined });
          }}
        />
      </p>
      <p>
        <label for={`${id}-long`}>{texts.longDocuments}</label>
        <select
          id={`${id}-long`}
          value={settings.longDocuments}
          onChange={({ currentTarget: { value } }) =>
            change({ longDocuments: value === "windows" ? "windows" : "truncate" })
          }
        >
          <option value="truncate">{texts.longTruncate}</option>
          <option value="windows">{texts.longWindows}</option>
        </select>
      </p>
      <p>
        <label for={`${id}-cut`}>{texts.truncation}</label>
        <select
          id={`${id}-cut`}
          value={settings.truncationDirection}
          onChange={({ currentTarget: { value } }) =>
            change({ truncationDirection: value === "left" ? "left" : "right" })
          }
        >
          <option value="right">{texts.truncationRight}</option>
          <option value="left">{texts.truncationLeft}</option>
        </select>
      </p>
      <p>
        <label for={`${id}-raw`}>{texts.rawScores}</label>
        <input
          id={`${id}-raw`}
          type="checkbox"
          checked={settings.rawScores}
          onChange={({ currentTarget: { checked } }) => change({ rawScores: checked })}
        />
      </p>
    </fieldset>
  );
}
