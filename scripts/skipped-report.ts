/** A test, or a suite with all its tests, that was not run. */
export interface SkippedTest {
  /** Its compiled file, relative to the folder of the tests. */
  readonly file: string;
  readonly name: string;
  /** Why, if it says so. */
  readonly reason: string | undefined;
}

/** Returns what to print of the tests that were skipped: how many, and which for which reason. */
export function skippedReport(skipped: readonly SkippedTest[]): string {
  const lines = skipped.map(({ file, name, reason = "no reason given" }) => {
    const source = file.replace(/\.js$/, ".ts");
    return `  ${source}: ${name}: ${reason}\n`;
  });
  return `skipped: ${skipped.length}\n${lines.sort().join("")}`;
}
