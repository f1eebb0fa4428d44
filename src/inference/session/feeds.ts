import { RerankError } from "../../errors.ts";
import type { EncodedBatch } from "../backend.ts";
import type { InputName, InputType } from "./graph.ts";

/**
 * Checks a batch: throws RerankError `internal` if its arrays do not have the sizes that its rows
 * and length imply.
 */
export function checkBatch(batch: EncodedBatch): void {
  const { rows, length, inputIds, typeIds, lengths, prefixLengths = lengths } = batch;
  const cells = rows * length;
  const sizesFit =
    inputIds.length === cells &&
    typeIds.length === cells &&
    lengths.length === rows &&
    prefixLengths.length === rows;
  if (
    rows < 1 ||
    length < 1 ||
    !sizesFit ||
    lengths.some((tokens) => tokens < 0 || tokens > length) ||
    prefixLengths.some((tokens, row) => tokens < 0 || tokens > (lengths[row] ?? 0))
  ) {
    throw new RerankError("internal", `a batch of ${rows} rows of ${length} tokens is malformed`);
  }
}

/**
 * Returns one input of a batch, row-major, as the element type that the graph wants. Positions count
 * from `firstPosition`.
 */
export function inputCells(
  batch: EncodedBatch,
  name: InputName,
  type: InputType,
  firstPosition = 0,
): BigInt64Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  const cells = batch.rows * batch.length;
  if (type === "int32") {
    const narrow = new Int32Array(cells);
    fillCells(narrow, 1, batch, name, firstPosition);
    return narrow;
  }
  const wide = new BigInt64Array(cells);
  // The low half of each int64 is written in place, since a BigInt for every cell costs more than
  // the rest of the feed. It comes first in memory on every platform that the runtime supports, and
  // the high half stays 0 because ids are not negative.
  fillCells(new Int32Array(wide.buffer), 2, batch, name, firstPosition);
  return wide;
}

function fillCells(
  target: Int32Array<ArrayBuffer>,
  stride: 1 | 2,
  batch: EncodedBatch,
  name: InputName,
  firstPosition: number,
): void {
  const { rows, length, lengths } = batch;
  if (name === "attention_mask") {
    for (let row = 0; row < rows; row += 1) {
      const start = row * length;
      const end = start + (lengths[row] ?? 0);
      for (let cell = start; cell < end; cell += 1) target[cell * stride] = 1;
    }
    return;
  }
  if (name === "position_ids") {
    for (let cell = 0; cell < rows * length; cell += 1) {
      target[cell * stride] = firstPosition + (cell % length);
    }
    return;
  }
  const source = name === "input_ids" ? batch.inputIds : batch.typeIds;
  for (let cell = 0; cell < rows * length; cell += 1) target[cell * stride] = source[cell] ?? 0;
}
