/**
 * The candidates as they stand in the text box: one a line, without blank lines. A candidate that
 * has line breaks of its own stands there as a JSON string, so that nothing of it is lost.
 */

const lineBreak = /\r\n|\r|\n/;

/** Returns the candidates of the text box. */
export function candidatesOf(text: string): string[] {
  return text
    .split(lineBreak)
    .filter((line) => line.trim() !== "")
    .map(candidateOfLine);
}

/** Returns the text box's text for these candidates; blank ones are left out. */
export function textOfCandidates(candidates: readonly string[]): string {
  return candidates
    .filter((candidate) => candidate.trim() !== "")
    .map((candidate) => (lineBreak.test(candidate) ? JSON.stringify(candidate) : candidate))
    .join("\n");
}

/** Only a JSON string that holds a line break is one: other lines in quotes are prose. */
function candidateOfLine(line: string): string {
  const trimmed = line.trim();
  if (!/^".*\\[nr].*"$/.test(trimmed)) return line;
  try {
    const value: unknown = JSON.parse(trimmed);
    return typeof value === "string" && lineBreak.test(value) ? value : line;
  } catch {
    return line;
  }
}
