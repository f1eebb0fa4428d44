import { Code, ConnectError } from "@connectrpc/connect";

/** Characters of a base64 group, which encodes three bytes. */
const groupChars = 4;

/** One run of base64 and the padding that ends it. */
const runPattern = /[\w+/-]+={0,2}/gy;

/**
 * Decodes a body in base64, as the text form of gRPC-Web has it: padding may come wherever its
 * sender paused. Throws a ConnectError INVALID_ARGUMENT at anything else.
 */
export async function* decodeBase64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = "";
  for await (const chunk of chunks) {
    const text =
      rest +
      Buffer.from(chunk)
        .toString("latin1")
        .replaceAll(/[\r\n]/g, "");
    const end = text.length - (text.length % groupChars);
    rest = text.slice(end);
    if (end > 0) yield decodeRuns(text.slice(0, end));
  }
  if (rest !== "") throw invalid();
}

/** Encodes each chunk by itself, so that none waits for the next. */
export async function* encodeBase64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(Buffer.from(chunk).toString("base64"));
}

function decodeRuns(text: string): Uint8Array {
  const runs = text.match(runPattern) ?? [];
  const length = runs.reduce((sum, run) => sum + run.length, 0);
  if (length !== text.length || runs.some((run) => run.length % groupChars !== 0)) throw invalid();
  return Buffer.concat(runs.map((run) => Buffer.from(run, "base64")));
}

function invalid(): ConnectError {
  return new ConnectError("the body must be base64", Code.InvalidArgument);
}
