import type { Option } from "./option.ts";

/** The configuration file, and what only it can say of each of several models. */
export const fileOptions: readonly Option[] = [
  {
    group: "Network",
    flag: "config",
    env: ["RERANKER_CONFIG"],
    notInFile: true,
    value: "FILE",
    type: { kind: "text" },
    help: "configuration file (YAML or JSON) with these settings and with `models`; flags and variables go over it",
    commands: ["serve", "health"],
  },
  {
    group: "Model",
    flag: "name",
    env: [],
    type: { kind: "text" },
    help: "name of the model in requests and answers; unset: its hub id, or the name of its folder",
    commands: [],
  },
  {
    group: "Model",
    flag: "weight",
    env: [],
    type: { kind: "integer", min: 1, max: 1000 },
    default: 1,
    help: "share of the processor that the model has beside others that are busy, relative to theirs",
    commands: [],
  },
];
