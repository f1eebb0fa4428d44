import { gt, valid } from "semver";

/** The heading of what the next release will bring. */
const unreleased = "## Unreleased";

/** Throws unless `next` is a version, and a later one than `current`. */
export function checkVersion(current: string, next: string): void {
  if (valid(next) !== next) throw new Error(`the version must be like 1.2.3, got: \`${next}\``);
  if (!gt(next, current)) throw new Error(`the version must be after ${current}, got: \`${next}\``);
}

/** Returns what a changelog says of the next release. Throws if that is nothing. */
export function notesOf(changelog: string): string {
  const [, notes = ""] =
    new RegExp(`^${unreleased}\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, "m").exec(changelog) ?? [];
  if (notes.trim() === "") throw new Error(`CHANGELOG.md has nothing below \`${unreleased}\``);
  return notes.trim();
}

/** Returns the changelog with its notes under the version and day (`2026-01-31`) of a release. */
export function changelogOf(changelog: string, version: string, day: string): string {
  notesOf(changelog);
  return changelog.replace(unreleased, `${unreleased}\n\n## ${version} - ${day}`);
}

/** Returns a package.json with a version. */
export function manifestOf(manifest: string, version: string): string {
  return manifest.replace(/^( {2}"version": )".*"/m, `$1"${version}"`);
}

/** Returns a Helm chart's Chart.yaml with a version, of the chart and of the program. */
export function chartOf(chart: string, version: string): string {
  return chart.replace(/^(version|appVersion): .*$/gm, `$1: ${version}`);
}

/** Returns the lock file with the version of the server and of the client. */
export function lockOf(lock: string, version: string): string {
  const content = JSON.parse(lock);
  for (const entry of [content, content.packages[""], content.packages.client]) {
    entry.version = version;
  }
  return `${JSON.stringify(content, null, 2)}\n`;
}
