import { readSync } from "node:fs";

/** A field of a protobuf message: where its value lies in the file, or the value of a number. */
export interface Field {
  readonly number: number;
  /** The value of a varint or of fixed bits; 0 for bytes. */
  readonly value: number;
  /** Position of the first byte of bytes, and the one after the last; both 0 for a number. */
  readonly start: number;
  readonly end: number;
  /** Position of the field's first byte, its number included, and the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** Bytes that are not a protobuf message. */
export class MalformedMessageError extends Error {
  override readonly name = "MalformedMessageError";
}

/** Bytes read of the file at a time: most graphs need few reads, and a skipped tensor costs one. */
const windowBytes = 1 << 16;

const wireVarint = 0;
const wireFixed64 = 1;
const wireBytes = 2;
const wireFixed32 = 5;
/** A 64-bit number takes ten bytes of seven bits. */
const maxVarintBytes = 10;

/**
 * Reads protobuf messages out of a file of any size, and of it only what it is asked for: the bytes
 * of a field are skipped until somebody reads them.
 */
export class ProtobufReader {
  readonly #descriptor: number;
  readonly #window = Buffer.alloc(windowBytes);
  #windowStart = 0;
  #windowLength = 0;

  /** `descriptor` is an open file. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /**
   * Calls `visit` with each field of the message between two positions, in order. Throws
   * MalformedMessageError if the bytes are no message that ends there.
   */
  fields(start: number, end: number, visit: (field: Field) => void): void {
    let position = start;
    const varint = (): number => {
      let value = 0;
      for (let byte = 0; byte < maxVarintBytes; byte += 1) {
        if (position >= end) throw new MalformedMessageError("a number is cut off");
        const bits = this.#byteAt(position);
        position += 1;
        value += (bits & 0x7f) * 2 ** (7 * byte);
        if (bits < 0x80) return value;
      }
      throw new MalformedMessageError("a number is too long");
    };
    while (position < end) {
      const from = position;
      const tag = varint();
      const number = Math.floor(tag / 8);
      if (number === 0) throw new MalformedMessageError("a field has the number 0");
      switch (tag % 8) {
        case wireVarint:
          visit({ number, value: varint(), start: 0, end: 0, from, to: position });
          break;
        case wireBytes: {
          const length = varint();
          const start = position;
          position += length;
          if (position > end) throw new MalformedMessageError(`field ${number} is cut off`);
          visit({ number, value: 0, start, end: position, from, to: position });
          break;
        }
        case wireFixed32:
          position += 4;
          break;
        case wireFixed64:
          position += 8;
          break;
        default:
          throw new MalformedMessageError(`field ${number} has an unknown type`);
      }
    }
    if (position !== end) throw new MalformedMessageError("the last field is cut off");
  }

  /** Returns the text of a field. */
  text({ start, end }: Field): string {
    const bytes = Buffer.alloc(end - start);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = this.#byteAt(start + at);
    return bytes.toString("utf8");
  }

  /** Returns the bytes between two positions. */
  bytes(start: number, end: number): Buffer {
    const bytes = Buffer.alloc(end - start);
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(this.#descriptor, bytes, at, bytes.length - at, start + at);
      if (read === 0) throw new MalformedMessageError("the file is cut off");
      at += read;
    }
    return bytes;
  }

  /** Returns the numbers of a repeated field, which come one by one or packed. */
  numbers(field: Field): number[] {
    if (field.end === 0) return [field.value];
    const numbers: number[] = [];
    let value = 0;
    let shift = 1;
    for (let at = field.start; at < field.end; at += 1) {
      const bits = this.#byteAt(at);
      value += (bits & 0x7f) * shift;
      shift *= 128;
      if (bits >= 0x80) continue;
      numbers.push(value);
      value = 0;
      shift = 1;
    }
    return numbers;
  }

  #byteAt(position: number): number {
    const offset = position - this.#windowStart;
    if (offset >= 0 && offset < this.#windowLength) return this.#window[offset] ?? 0;
    this.#windowStart = position;
    this.#windowLength = readSync(this.#descriptor, this.#window, 0, windowBytes, position);
    if (this.#windowLength === 0) throw new MalformedMessageError("the file is cut off");
    return this.#window[0] ?? 0;
  }
}
