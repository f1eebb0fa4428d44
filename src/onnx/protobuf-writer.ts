/** Returns a field of a protobuf message that holds a whole number of 0 or more. */
export function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** Returns a field that holds a message, of the fields of that message, or bytes. */
export function bytesField(field: number, parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint(field * 8 + 2), varint(length), ...parts]);
}

/** Returns a field that holds a text. */
export function textField(field: number, text: string): Buffer {
  return bytesField(field, [Buffer.from(text)]);
}

function varint(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    digits.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...digits, rest]);
}
