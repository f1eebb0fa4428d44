import { isPerModel } from "../options/option.ts";
import type { OptionValue } from "../options/option-value.ts";
import { options } from "../options/options.ts";
import type { FileValues } from "./config-file.ts";

/** Values of options by flag. */
type Values = ReadonlyMap<string, OptionValue>;

/** Where the values of several models come from. */
export interface ModelSources {
  readonly defaults: Values;
  /** What the server has once, which every model has, too. */
  readonly server: Values;
  /** The models of a configuration file; empty without one. */
  readonly file: readonly FileValues[];
  /** What flags and variables say; it goes over the file. */
  readonly given: Values;
}

/**
 * Returns the values of each model, at least one. Flags and variables are for every model, but for
 * the further names, which are those of the first; ids among them replace the models of the file.
 */
export function modelValuesOf({ defaults, server, file, given }: ModelSources): readonly Values[] {
  const ids = given.get("model-id");
  const own = Array.isArray(ids) ? ids.map(splitModelId) : file;
  const models = own.length > 0 ? own : [new Map<string, OptionValue>()];
  const once = [...server].filter(([flag]) => !perModelFlags.has(flag));
  const shared = new Map([...given].filter(([flag]) => perModelFlags.has(flag)));
  shared.delete("model-id");
  // A pool of threads that keeps its cores busy while it waits takes them from the other models.
  const quiet: Values = new Map(models.length > 1 ? [["spinning", "off"]] : []);
  return models.map((model, index) => {
    const values = new Map([...defaults, ...once, ...quiet, ...model, ...shared]);
    if (index > 0 && shared.has("served-model-name")) {
      restore(values, model, "served-model-name");
    }
    return values;
  });
}

const perModelFlags = new Set(options.filter(isPerModel).map(({ flag }) => flag));

function restore(values: Map<string, OptionValue>, from: Values, flag: string): void {
  const value = from.get(flag);
  if (value === undefined) values.delete(flag);
  else values.set(flag, value);
}

/** Matches `NAME=ID`; a path, which may hold a `=`, begins otherwise than a name. */
const namedId = /^([^=./~\\:][^=\\:]*)=(.+)$/s;

/** Returns the values of a model that was given as `ID` or `NAME=ID`. */
function splitModelId(text: string): Values {
  const [, name, id = text] = namedId.exec(text) ?? [];
  const values = new Map<string, OptionValue>([["model-id", [id]]]);
  return name === undefined ? values : values.set("name", name);
}
