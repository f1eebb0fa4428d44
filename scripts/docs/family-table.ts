/**
 * Measures how far a server's logits are from the reference's, for each family of models and each
 * kind of weights, and writes the table of docs/models.md. Run it after a change of a fixture, of
 * ONNX Runtime or of the tokenizer.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dtypesOf, families } from "../../test/families/families.ts";
import { type FamilyRow, familiesPage, familiesTable } from "../../test/families/families-table.ts";
import { measureFamily } from "../../test/families/measure-family.ts";
import { packageRoot } from "../../test/server-process.ts";
import { replaceBetween } from "./markers.ts";

const rows: FamilyRow[] = [];
for (const { name } of families) {
  const differences: Record<string, number> = {};
  let reference = "";
  for (const dtype of dtypesOf(name)) {
    const { largest, parity } = await measureFamily(name, dtype);
    differences[dtype] = largest;
    reference = parity.reference;
  }
  process.stdout.write(`${name} ${JSON.stringify(differences)}\n`);
  rows.push({ name, reference, differences });
}
const path = join(packageRoot, familiesPage);
writeFileSync(path, replaceBetween(readFileSync(path, "utf8"), "families", familiesTable(rows)));
