import { join, posix } from "node:path";
import { StartupError } from "../../errors.ts";
import { type OnnxFile, readOnnxFile } from "../../onnx/onnx-file.ts";
import { MalformedMessageError } from "../../onnx/protobuf-reader.ts";
import { quantizationOf, type WeightFormat } from "../../onnx/quantization.ts";
import { checkFileName } from "../file-name.ts";
import { sizeOf } from "../hub/blob-download.ts";
import { checkHead } from "../read-model-file.ts";

/** The number formats and graph facts that the ONNX file of a model states. */
export interface OnnxWeights {
  /** The file's path inside the model, with `/`. */
  readonly path: string;
  readonly file: OnnxFile;
  /** The number format of the weights. */
  readonly format: WeightFormat;
  /**
   * Whether each row must be computed alone, so that its logit does not depend on the others, or
   * because the graph takes no more.
   */
  readonly rowByRow: boolean;
  /** Files beside it that hold weights, as paths inside the model. */
  readonly externalFiles: readonly { readonly path: string; readonly neededBytes: number }[];
}

/**
 * Reads the ONNX file of a model without its weights. Throws a StartupError that says what is wrong
 * with the file if it is none or not whole.
 */
export async function readWeights(directory: string, path: string): Promise<OnnxWeights> {
  await checkHead(directory, path);
  const file = readFile(directory, path);
  const { format, scalesByBatch } = quantizationOf(file);
  const externalFiles = file.externalFiles.map(({ location, neededBytes }) => {
    const external = posix.join(posix.dirname(path), location);
    checkFileName(location === "" ? "" : external, `\`${path}\``);
    return { path: external, neededBytes };
  });
  const rowByRow = scalesByBatch || wantsOneRow(file);
  return { path, file, format, rowByRow, externalFiles };
}

/** This operator goes on after the keys and values of earlier tokens for one row only. */
function wantsOneRow({ operators }: OnnxFile): boolean {
  return operators.has("com.microsoft:GroupQueryAttention");
}

/**
 * Throws a StartupError that names the first file beside a graph that is missing or shorter than
 * the graph says.
 */
export async function checkExternalFiles(
  directory: string,
  { path, externalFiles }: OnnxWeights,
): Promise<void> {
  for (const { path: external, neededBytes } of externalFiles) {
    const bytes = await sizeOf(join(directory, external));
    if (bytes !== undefined && bytes >= neededBytes) continue;
    const problem =
      bytes === undefined
        ? "which is not there"
        : `which is cut off: it has ${bytes} of ${neededBytes} bytes`;
    throw new StartupError(`\`${path}\` keeps its weights in \`${external}\`, ${problem}`, {
      hint: `put \`${external}\` into ${directory}, as whole as it was exported`,
    });
  }
}

function readFile(directory: string, path: string): OnnxFile {
  try {
    return readOnnxFile(join(directory, path));
  } catch (cause) {
    if (!(cause instanceof MalformedMessageError)) throw cause;
    throw new StartupError(`${join(directory, path)} is not a whole ONNX file: ${cause.message}`, {
      hint: "copy or export it again; for a model of the hub, `rerankd pull --verify` finds and replaces wrong files",
      cause,
    });
  }
}
