/** A command of the program that takes options. */
export type Command = "serve" | "pull" | "rank" | "health" | "eval" | "doctor" | "mcp" | "config";

/** What values an option takes, and how they are spelled. */
export type OptionKind =
  | { readonly kind: "text" }
  /** May be given again and again; a variable holds several between commas, a flag one. */
  | { readonly kind: "list" }
  /** Where servers are, as `parseAddresses` reads it. */
  | { readonly kind: "addresses" }
  | {
      readonly kind: "integer";
      readonly min: number;
      readonly max: number;
      /** Words, in lower case, that stand for a number. */
      readonly words?: Readonly<Record<string, number>>;
    }
  | { readonly kind: "number" }
  | { readonly kind: "flag" }
  | {
      readonly kind: "choice";
      /** In lower case; case counts nothing. */
      readonly choices: readonly string[];
      /** Returns the choice that another spelling, in lower case, stands for; else the same. */
      readonly normalize?: (text: string) => string;
    };

/** One option: a flag, its environment variables, and its help text. */
export interface Option {
  /** Heading in help and README. */
  readonly group:
    | "Model"
    | "Network"
    | "Security"
    | "Limits"
    | "Telemetry"
    | "Input"
    | "Ranking"
    | "Output"
    | "Server";
  /** Long flag without the dashes. */
  readonly flag: string;
  /** Other long flags that mean the same. */
  readonly aliases?: readonly string[];
  /** One letter that means the same, without the dash. */
  readonly short?: string;
  /** Environment variables; the first that is set and not empty counts. A flag overrides them. */
  readonly env: readonly string[];
  /** Those of the variables of a list that hold one value, commas and all. */
  readonly wholeEnv?: readonly string[];
  /** Its name in a configuration file. Default: the flag with `_` for `-`. */
  readonly key?: string;
  /** Whether a configuration file has it for each model. Default: if its group is `Model`. */
  readonly perModel?: boolean;
  /** Whether no configuration file has it. Default: false. */
  readonly notInFile?: boolean;
  /** Whether its value may not be shown. Default: false. */
  readonly secret?: boolean;
  /** The commands for which an option that is a list holds one value. Default: none. */
  readonly single?: readonly Command[];
  /** Name of the value in help; absent for a flag, which takes none. */
  readonly value?: string;
  readonly type: OptionKind;
  /** Value when nothing is given; undefined where absence means something. */
  readonly default?: string | number;
  /** The name of the same option among the settings of `loadReranker`. Default: it is none. */
  readonly setting?: string;
  readonly help: string;
  /** What it is in a configuration file. Default: the same. */
  readonly helpInFile?: string;
  /** Default: `serve` alone. */
  readonly commands?: readonly Command[];
}

/** Words that stand for `on` and `off`, in other programs' variables for example. */
const switchWords: Readonly<Record<string, string>> = {
  true: "on",
  yes: "on",
  1: "on",
  false: "off",
  no: "off",
  0: "off",
};

/**
 * The kind of an option in milliseconds. Node's timers allow 2^31 - 1 ms at most, and Node adds to
 * some of these values, so the limit is lower.
 */
export const milliseconds = { kind: "integer", min: 1, max: 2_000_000_000 } as const;

/** The kind of an option that is `on` or `off`. */
export const onOff = {
  kind: "choice",
  choices: ["on", "off"],
  normalize: (text: string) => switchWords[text] ?? text,
} as const satisfies OptionKind;

/** The kind of an option that is `on`, `off`, or left to the other settings. */
export const onOffAuto: OptionKind = { ...onOff, choices: ["on", "off", "auto"] };

/** Whether a command takes the option. `doctor` and `config` take those of `serve`, which they check. */
export function takes(command: Command, { commands = ["serve"] }: Option): boolean {
  const checksServer = command === "doctor" || command === "config";
  return commands.includes(command) || (checksServer && commands.includes("serve"));
}

/** Returns the name of an option in a configuration file. */
export function keyOf({ flag, key = flag.replaceAll("-", "_") }: Option): string {
  return key;
}

/** Whether each model of a configuration file has the option for itself. */
export function isPerModel({ group, perModel = group === "Model" }: Option): boolean {
  return perModel;
}

/** Whether an option that is a list holds one value in a configuration file: one model has one id. */
export function isOneInFile({ flag }: Option): boolean {
  return flag === "model-id";
}
