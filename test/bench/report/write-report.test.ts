import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { type RecordedFigure, readResults, writeResults } from "../../../bench/report/results.ts";
import { sectionsOf } from "../../../bench/report/sections.ts";
import {
  fillPage,
  publishedPath,
  renderReport,
  writeReport,
} from "../../../bench/report/write-report.ts";
import { packageRoot } from "../../server-process.ts";
import { machineB, recorded } from "./recorded.ts";

/** Largest file of published results, in bytes. */
const maxBytes = 200_000;

const nothing = { figures: [], model: undefined };

const point = {
  figure: "scaling",
  load: "clients",
  documents_per_second: 10,
  p50_ms: 900,
  p95_ms: 1200,
};
const points = ["1", "2"].map((one) => recorded({ ...point, point: one, clients: Number(one) }));

/** Returns a folder with a copy of the pages and plots, the results given, and the last results. */
async function copyPages(
  t: TestContext,
  { published, last = [] }: { published: RecordedFigure[]; last?: RecordedFigure[] },
) {
  const root = await mkdtemp(join(tmpdir(), "rerankd-report-"));
  t.after(() => rm(root, { recursive: true }));
  for (const name of ["bench/README.md", "bench/plots", "README.md", "docs/scaling.md"]) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await cp(join(packageRoot, name), join(root, name), { recursive: true });
  }
  const lastPath = join(root, "last.json");
  await writeResults(join(root, publishedPath), published);
  await writeResults(lastPath, last);
  const read = async (name: string) => await readFile(join(root, name), "utf8");
  return { root, lastPath, read };
}

suite("the published figures", () => {
  test("are what the pages and plots show", async () => {
    const figures = await readResults(join(packageRoot, publishedPath));
    const { files } = await renderReport(packageRoot, figures);
    for (const [name, text] of files) {
      assert.equal(await readFile(join(packageRoot, name), "utf8"), text, name);
    }
    const plots = [...files.keys()].filter((name) => name.startsWith("bench/plots/"));
    const there = await readdir(join(packageRoot, "bench/plots"));
    assert.deepEqual(there.map((name) => `bench/plots/${name}`).sort(), plots.sort());
    assert((await stat(join(packageRoot, publishedPath))).size < maxBytes);
  });
});

suite("writeReport()", () => {
  test("leaves every part as it is without results, and names each with the reason", async (t) => {
    const { root, lastPath, read } = await copyPages(t, { published: [] });
    const pages = [
      "bench/README.md",
      "README.md",
      "docs/scaling.md",
      "bench/plots/contest-dark.svg",
    ];
    const before = await Promise.all(pages.map(read));
    const lines = await writeReport(root, lastPath, nothing);
    assert.deepEqual(await Promise.all(pages.map(read)), before);
    const marks = [...before.join("").matchAll(/<!-- (bench-[\w-]+):start -->/g)];
    assert.deepEqual(
      lines
        .map((line) => /: (bench-[\w-]+) stays as it is: there is no result of /.exec(line)?.[1])
        .sort(),
      marks.map(([, name]) => name).sort(),
    );
  });

  test("writes what has results, and leaves the rest", async (t) => {
    const { root, lastPath, read } = await copyPages(t, { published: points });
    const before = await read("README.md");
    const lines = await writeReport(root, lastPath, nothing);
    assert.match(
      await read("bench/README.md"),
      /clients:start -->\n\| clients .*\n.*\n\| 1 \| 10 \| 900 \| 1,200 \|\n\| 2 .*\n\n<picture>/,
    );
    assert.match(await read("bench/plots/clients-dark.svg"), /\(base model, int8\)/);
    assert.equal(await read("README.md"), before);
    assert(!lines.some((line) => line.includes("bench-clients")));
    assert(
      lines.includes("bench/README.md: bench-peers stays as it is: there is no result of `peers`"),
    );
  });

  test("publishes only what is asked for", async (t) => {
    const last = ["mixed", "ready_ms"].map((figure) => recorded({ figure, ratio: 2, ready_ms: 9 }));
    const { root, lastPath, read } = await copyPages(t, { published: points, last });
    const lines = await writeReport(root, lastPath, { figures: ["mixed"], model: undefined });
    const published = await readResults(join(root, publishedPath));
    assert.deepEqual(published, [...points, last[0]]);
    assert.match(
      await read("bench/README.md"),
      /goals:start -->\n.*\n.*\n\| `mixed` \| base, int8 /,
    );
    assert.equal(lines[0], "`mixed`: took 1 of A, 2 cores, 8 GB");
    assert.match(lines.at(-1) ?? "", /^not published: ready_ms; /);
    assert.deepEqual((await writeReport(root, lastPath, nothing)).slice(0, -1), lines.slice(1, -1));
  });

  test("does not draw points of two machines into one plot", async (t) => {
    const other = recorded({ ...point, point: "4", clients: 4, environment: machineB });
    const { root, lastPath, read } = await copyPages(t, { published: [...points, other] });
    const parts = ["bench/plots/clients-dark.svg", "bench/plots/clients-latency-light.svg"];
    const before = await Promise.all(parts.map(read));
    const lines = await writeReport(root, lastPath, nothing);
    assert.deepEqual(await Promise.all(parts.map(read)), before);
    assert.match(
      lines.find((line) => line.includes("bench-clients")) ?? "",
      /stays as it is: .* of base on A, 2 cores, 8 GB, and base on B, 4 cores, 8 GB$/,
    );
  });
});

suite("fillPage()", () => {
  const page = "# A\n<!-- bench-cores:start -->\nold\n<!-- bench-cores:end -->\nrest\n";
  const sections = sectionsOf([recorded({ figure: "cores", point: "1×2", clients: 1 })]);
  const fill = (text: string) => fillPage(text, sections, "plots");

  test("writes between the markers, and again without a trace of the last time", () => {
    const once = fill(page);
    assert.match(
      once,
      /^# A\n<!-- bench-cores:start -->\n\| model [^<]* \|\n<!-- bench-cores:end -->\nrest\n$/,
    );
    assert.equal(fill(once), once);
  });

  test("leaves out what the page has no place for", () => {
    assert.equal(fill("# A\n"), "# A\n");
  });

  test("leaves what has no results", () => {
    const other = page.replaceAll("cores", "peers");
    assert.equal(fill(other), other);
  });

  test("throws if a marker is not closed", () => {
    assert.throws(() => fill("<!-- bench-cores:start -->"), /missing/);
  });
});
