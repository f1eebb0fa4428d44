import type { Writable } from "node:stream";
import { StartupError } from "../../errors.ts";
import { reasonOf } from "./read-input.ts";

/**
 * Writes text and resolves once it is on its way. A reader that has gone, as with `| head`, is no
 * fault; anything else rejects with a StartupError.
 */
export async function writeOutput(stream: Writable, text: string): Promise<void> {
  // The failure comes to the callback too; without a listener the event would end the process.
  const ignore = (): void => {};
  stream.on("error", ignore);
  const error = await new Promise<Error | null | undefined>((resolve) => {
    stream.write(text, resolve);
  });
  if (error && !("code" in error && error.code === "EPIPE")) {
    const message = `the output cannot be written: ${reasonOf(error)}`;
    throw new StartupError(message, { cause: error });
  }
  if (!error) stream.off("error", ignore);
}
