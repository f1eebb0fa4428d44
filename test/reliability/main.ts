#!/usr/bin/env node
/**
 * Breaks a real server in every way that `docs/reliability.md` lists, and writes what happened into
 * it. Words after the name choose faults whose name has one of them; then nothing is written.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { replaceBetween } from "../../scripts/docs/markers.ts";
import { allFaults } from "./all-faults.ts";
import { headOf, rowOf } from "./report.ts";

/** This file runs from dist/test/reliability. */
const documentPath = fileURLToPath(new URL("../../../docs/reliability.md", import.meta.url));

const wanted = process.argv.slice(2);
const faults = allFaults.filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
);
const rows: string[] = [];
let broken = 0;
for (const fault of faults) {
  try {
    const finding = await fault.run();
    const { sent, lost, reasons } = finding.tally;
    rows.push(rowOf(fault, finding));
    if (lost > 0) broken += 1;
    const why = [...reasons].map(([reason, count]) => `${count}x ${reason}`).join("; ");
    process.stderr.write(
      `${lost === 0 ? "kept" : "BROKEN"}: ${fault.name}: ${sent} sent, ${lost} lost (${why})\n`,
    );
  } catch (error) {
    broken += 1;
    process.stderr.write(`BROKEN: ${fault.name}: ${inspect(error)}\n`);
  }
}
const table = [...headOf(), ...rows].join("\n");
process.stdout.write(`${table}\n`);
if (wanted.length === 0 && broken === 0) {
  const text = await readFile(documentPath, "utf8");
  await writeFile(documentPath, replaceBetween(text, "reliability", table));
}
process.exitCode = broken === 0 ? 0 : 1;
