import { stringify } from "yaml";
import { keyOf, type Option } from "../options/option.ts";
import { isSwitch, type OptionValue } from "../options/option-value.ts";
import type { OptionValues } from "../options/parse-options.ts";
import { perModelOptions, serverOptions } from "./config-file.ts";

/**
 * Returns a configuration file, in YAML, that says what these settings say together; secrets are left
 * out, and named.
 */
export function printConfig(server: OptionValues, models: readonly OptionValues[]): string {
  const secrets = serverOptions.filter(({ flag, secret }) => secret && isThere(server.value(flag)));
  const notes = secrets.map((option) => `# ${keyOf(option)} is set, and not shown\n`);
  const settings = {
    ...levelOf(serverOptions, server),
    models: models.map((model) => levelOf(perModelOptions, model)),
  };
  return notes.join("") + stringify(settings);
}

function levelOf(known: readonly Option[], { value: read }: OptionValues): object {
  const entries = known.flatMap((option) => {
    const value = read(option.flag);
    return isThere(value) && !option.secret ? [[keyOf(option), shownOf(option, value)]] : [];
  });
  return Object.fromEntries(entries);
}

function isThere(value: OptionValue | undefined): value is OptionValue {
  return value !== undefined && !(typeof value === "object" && value.length === 0);
}

function shownOf({ type, flag }: Option, value: OptionValue): unknown {
  if (flag === "model-id" && typeof value === "object") return value[0];
  return isSwitch(type) && value !== "auto" ? value === "on" : value;
}
