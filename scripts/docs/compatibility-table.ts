import { shorten } from "../../src/characters.ts";
import { type CheckName, checkNames, type RealClient } from "../../test/clients/real-client.ts";

/** How a check of a client ended. */
export type CheckResult =
  | { readonly kind: "passed"; readonly note: string | undefined }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "left out"; readonly reason: string };

/** What was found out about a client. */
export interface ClientReport {
  readonly client: Pick<RealClient, "name" | "registry" | "package" | "version">;
  /** Paths that the client called, as the server logged them. */
  readonly routes: readonly string[];
  readonly results: Readonly<Record<CheckName, CheckResult>>;
}

/** Longest reason that a cell repeats, in characters. */
const maxReasonChars = 120;

/** Returns the table of all clients, followed by the reasons of what was left out. */
export function compatibilityTable(reports: readonly ClientReport[]): string {
  const head = ["client", "package", "routes", ...checkNames];
  const notes: string[] = [];
  const rows = reports.map((report) => [
    ...clientCells(report.client),
    report.routes.map((route) => `\`${route}\``).join(", "),
    ...checkNames.map((check) => cell(report.results[check], notes)),
  ]);
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  const list = notes.map((note, index) => `${index + 1}. ${note}`);
  return ["", ...lines, "", ...list, ""].join("\n");
}

/** Returns the cells that name a client. */
export function clientCells(client: ClientReport["client"]): readonly [string, string] {
  return [client.name, `${client.registry} ${client.package} ${client.version}`];
}

/** Returns a result in a word; a note is written once, and the word has its number. */
function cell(result: CheckResult, notes: string[]): string {
  if (result.kind === "passed")
    return result.note === undefined ? "yes" : `yes${mark(result.note, notes)}`;
  if (result.kind === "left out") return `–${mark(result.reason, notes)}`;
  const reason = result.reason.replaceAll(/\s+/g, " ");
  return `**FAILS**${mark(`FAILS: ${shorten(reason, maxReasonChars)}`, notes)}`;
}

function mark(note: string, notes: string[]): string {
  if (!notes.includes(note)) notes.push(note);
  return ` (${notes.indexOf(note) + 1})`;
}
