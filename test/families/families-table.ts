import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../server-process.ts";
import { type FixtureDtype, families, fixtureDtypes, fixturesFolder } from "./families.ts";

/** What a row of the table says of a family, beside its name. */
export interface FamilyRow {
  readonly name: string;
  /** The code that computed the logits. */
  readonly reference: string;
  /** The largest difference of a logit, by weights. */
  readonly differences: Readonly<Partial<Record<FixtureDtype, number>>>;
}

/** The page that has the table, from the package's folder. */
export const familiesPage = "docs/models.md";

const dtypes = Object.keys(fixtureDtypes) as FixtureDtype[];

/** Returns the table of all families. Differences are rounded up to one digit. */
export function familiesTable(rows: readonly FamilyRow[]): string {
  const head = ["family", "models", "reference", "fixture", ...dtypes];
  const lines = families.map(({ name, title, models }) => {
    const { reference = "", differences = {} } = rows.find((row) => row.name === name) ?? {};
    const cells = dtypes.map((dtype) => {
      const difference = differences[dtype];
      return difference === undefined ? "" : roundedUp(difference);
    });
    const fixture = `[${name}](../${fixturesFolder}/${name})`;
    return [title, models, shortReference(reference), fixture, ...cells];
  });
  const rule = [...head.slice(0, 4).map(() => "---"), ...dtypes.map(() => "---:")];
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Reads the rows of the table in the page. */
export function readFamiliesTable(): FamilyRow[] {
  const text = readFileSync(join(packageRoot, familiesPage), "utf8");
  const [, table = ""] = /<!-- families:start -->\n([\s\S]*?)\n<!--/.exec(text) ?? [];
  return table
    .split("\n")
    .slice(2)
    .map((line) => {
      const [, , , reference = "", fixture = "", ...cells] = line
        .split("|")
        .map((cell) => cell.trim());
      const found = dtypes.flatMap((dtype, at) =>
        cells[at] ? [[dtype, Number(cells[at])] as const] : [],
      );
      const name = /\[(.*)\]/.exec(fixture)?.[1] ?? "";
      return { name, reference, differences: Object.fromEntries(found) };
    });
}

/** Returns the reference without the versions of what it stands on, which all fixtures share. */
export function shortReference(reference: string): string {
  return reference.replace(/, transformers .*$/, "");
}

function roundedUp(value: number): string {
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(value));
  const digit = Math.ceil(value / 10 ** power);
  return digit === 10 ? `1e${power + 1}` : `${digit}e${power}`;
}
