import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { StartupError } from "../../errors.ts";

const hint = "name another model, or the folder of a whole one";

/** Recognizes a runtime error by its message and explains it to the operator. */
interface ModelFault {
  readonly pattern: RegExp;
  /** `groups` are those of the pattern. */
  readonly explain: (groups: readonly string[]) => {
    readonly problem: string;
    readonly hint: string;
  };
}

const olderHint = (what: string): string =>
  `update rerankd, or export the model for an older version, for example with torch.onnx.export(…, opset_version=17); ${what}`;

const faults: readonly ModelFault[] = [
  {
    pattern: /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    explain: ([version, most]) => ({
      problem: `has IR version ${version}, and this ONNX Runtime reads up to ${most}`,
      hint: olderHint("onnx.version_converter and `model.ir_version` change a file that is there"),
    }),
  },
  {
    pattern: /Opset (\d+) is under development[\s\S]*is till opset (\d+)/,
    explain: ([version, most]) => ({
      problem: `needs opset ${version}, and this ONNX Runtime knows up to ${most}`,
      hint: olderHint("onnx.version_converter changes a file that is there"),
    }),
  },
  {
    pattern:
      /(?:Fatal error: |No Op registered for )([\w.:]+)(?:\(-?\d+\) is not a registered| with)/,
    explain: ([operator]) => ({
      problem: `uses the operator \`${operator}\`, which this ONNX Runtime does not have`,
      hint: "choose another file with --dtype or --onnx-file, or export the model without custom operators",
    }),
  },
  {
    pattern: /external data|External data/,
    explain: () => ({
      problem: "keeps its weights in a file that cannot be read",
      hint: "put the file beside it, as whole as it was exported, and no link that leads out of the folder",
    }),
  },
  {
    pattern: /protobuf|No graph was found/i,
    explain: () => ({
      problem: "is damaged",
      hint: "copy or export it again; for a model of the hub, `rerankd pull --verify` finds and replaces wrong files",
    }),
  },
  {
    pattern: /Invalid model|invalid model|Type Error|ShapeInferenceError/,
    explain: () => ({
      problem: "holds a graph that does not fit together",
      hint: "export the model again, or choose another file with --dtype or --onnx-file",
    }),
  },
];

/**
 * Throws a StartupError if there is no model file at the path. It names the file and not its
 * folders.
 */
export async function checkModelFile(path: string): Promise<void> {
  const name = basename(path);
  const found = await stat(path).catch((cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    const problem = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    const options = { hint: "download the model, or name the folder that holds it", cause };
    throw new StartupError(`the model file \`${name}\` ${problem}`, options);
  });
  if (!found.isFile()) throw new StartupError(`the model file \`${name}\` is not a file`, { hint });
  if (found.size === 0) throw new StartupError(`the model file \`${name}\` is empty`, { hint });
}

/** The error for a model file that the runtime does not load: one cause, and what helps. */
export function modelFileError(path: string, cause: unknown): StartupError {
  const text = textOf(cause);
  const name = `the model file \`${basename(path)}\``;
  for (const { pattern, explain } of faults) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const { problem, hint } = explain(found.slice(1));
    return new StartupError(`${name} ${problem}`, { hint, cause });
  }
  return new StartupError(`${name} cannot be loaded: ${reasonOf(path, cause)}`, { hint, cause });
}

/** Returns the first line of an error of the runtime, without the folders of the model. */
export function reasonOf(path: string, cause: unknown): string {
  const [firstLine = ""] = textOf(cause).trim().split("\n");
  return firstLine
    .replaceAll(`${dirname(path)}/`, "")
    .replaceAll(dirname(path), "the model folder");
}

/** Returns whether an error of the runtime is about the file and not about the device. */
export function isModelFileFault(cause: unknown): boolean {
  const text = textOf(cause);
  return /Load model from/.test(text) || faults.some(({ pattern }) => pattern.test(text));
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
