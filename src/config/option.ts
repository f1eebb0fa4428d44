/** A command of the program that takes options. */
export type Command = "serve" | "pull" | "rank" | "health" | "eval";

/** How the text of an option becomes a value. */
export type OptionKind =
  | { readonly kind: "text" }
  | { readonly kind: "names" }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "number" }
  | { readonly kind: "flag" }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

/** One option: a flag, the environment variables that stand for it, and what help says of it. */
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
  /** Name of the value in help; absent for a flag, which takes none. */
  readonly value?: string;
  readonly type: OptionKind;
  /** Value when nothing is given; undefined where absence means something. */
  readonly default?: string;
  readonly help: string;
  /** Default: `serve` alone. */
  readonly commands?: readonly Command[];
}

/** Whether a command takes the option. */
export function takes(command: Command, { commands = ["serve"] }: Option): boolean {
  return commands.includes(command);
}
