import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A folder with a `systemd-notify` that writes down what it is told. */
export interface FakeSystemd {
  /** What systemd would set for a service, with the program first on the path. */
  readonly env: { readonly NOTIFY_SOCKET: string; readonly PATH: string };
  /** The messages so far, each with its assignments joined by a space. */
  messages(): string[];
  remove(): void;
}

/** Returns a systemd that hears; `exitCode` is what its program ends with. POSIX alone. */
export function createFakeSystemd(exitCode = 0): FakeSystemd {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-systemd-"));
  const socket = join(folder, "notify");
  writeFileSync(socket, "");
  writeFileSync(
    join(folder, "systemd-notify"),
    `#!/bin/sh\nprintf '%s\\n' "$*" >> "$NOTIFY_SOCKET"\nexit ${exitCode}\n`,
    { mode: 0o755 },
  );
  return {
    env: { NOTIFY_SOCKET: socket, PATH: `${folder}${delimiter}${process.env.PATH}` },
    messages: () => readFileSync(socket, "utf8").split("\n").slice(0, -1),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
