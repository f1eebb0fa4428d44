import { createReadStream } from "node:fs";

/**
 * In the name of every operator that scales activations by the largest of the whole batch:
 * `DynamicQuantizeLinear`, `DynamicQuantizeMatMul`, `DynamicQuantizeLSTM`.
 */
const operatorName = Buffer.from("DynamicQuantize");

/** Bytes read of the file at a time. */
const readBytes = 1 << 20;

/**
 * Returns whether an ONNX graph quantizes activations while it runs, which makes a row's logit
 * depend on the other rows of its batch. Weights that are merely stored quantized do not.
 *
 * It looks for the operators' name and stops at the first: operators come before the weights in the
 * file. Rejects if the file cannot be read.
 */
export async function quantizesActivations(modelPath: string): Promise<boolean> {
  let end = Buffer.alloc(0);
  for await (const read of createReadStream(modelPath, { highWaterMark: readBytes })) {
    const bytes = Buffer.concat([end, read as Buffer]);
    if (bytes.includes(operatorName)) return true;
    end = bytes.subarray(1 - operatorName.length);
  }
  return false;
}
