import { isDeepStrictEqual } from "node:util";
import { UsageError } from "../../src/config/options/parse-options.ts";
import { machinesOf } from "./machines.ts";
import { keyOf, mergeFigures, type RecordedFigure } from "./results.ts";

/** Which results to publish. */
export interface Choice {
  /** Names of figures, as results have them. */
  readonly figures: readonly string[];
  /** Of which model; undefined: of all. */
  readonly model: string | undefined;
}

/** Published results, and lines that say what was taken. */
export interface Published {
  readonly figures: readonly RecordedFigure[];
  readonly notes: readonly string[];
}

/**
 * Returns the published results with the chosen ones of the last runs, each in place of an older one
 * of the same thing. Nothing else is removed, and a measurement is not replaced by a result that says the
 * contender was left out. Throws if a figure has no result in `last`.
 */
export function publish(
  published: readonly RecordedFigure[],
  last: readonly RecordedFigure[],
  { figures, model }: Choice,
): Published {
  const measured = new Set(published.filter(({ left_out }) => !left_out).map(keyOf));
  const offered = last.filter(
    (row) =>
      (model === undefined || row.model === model) && !(row.left_out && measured.has(keyOf(row))),
  );
  const taken = figures.map((name) => {
    const rows = offered.filter(({ figure }) => figure === name);
    if (rows.length > 0) return { name, rows };
    const names = namesOf(offered).join(", ") || "no figure";
    const whose = model === undefined ? "" : ` of the model \`${model}\``;
    throw new UsageError([`the last results${whose} have no \`${name}\`; they have ${names}`]);
  });
  return {
    figures: mergeFigures(
      published,
      taken.flatMap(({ rows }) => rows),
    ),
    notes: taken.map(({ name, rows }) => describeTaken(name, rows, published)),
  };
}

function describeTaken(
  name: string,
  rows: readonly RecordedFigure[],
  published: readonly RecordedFigure[],
): string {
  const keys = new Set(rows.map(keyOf));
  const replaced = published.filter((row) => keys.has(keyOf(row)));
  const kept = published.filter((row) => row.figure === name && !keys.has(keyOf(row)));
  const describe = (some: readonly RecordedFigure[]) =>
    `${some.length} of ${machinesOf(some).join(" and of ")}`;
  return [
    `\`${name}\`: took ${describe(rows)}`,
    ...(replaced.length > 0 ? [`in place of ${describe(replaced)}`] : []),
    ...(kept.length > 0 ? [`beside ${describe(kept)}`] : []),
  ].join(", ");
}

/** Returns the names of figures of which the last runs have results that are not published. */
export function unpublished(
  published: readonly RecordedFigure[],
  last: readonly RecordedFigure[],
): string[] {
  return namesOf(last.filter((row) => !published.some((one) => isDeepStrictEqual(one, row))));
}

function namesOf(figures: readonly RecordedFigure[]): string[] {
  return [...new Set(figures.map(({ figure }) => figure))];
}
