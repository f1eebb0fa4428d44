import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { inc } from "semver";
import {
  changelogOf,
  chartOf,
  checkVersion,
  lockOf,
  manifestOf,
  notesOf,
} from "../../../scripts/release/texts.ts";
import { packageRoot } from "../../server-process.ts";

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");
const changelog =
  "# Changelog\n\n## Unreleased\n\n### Added\n\n- a\n\n## 0.1.0 - 2026-01-01\n\n- b\n";
const script = join(packageRoot, "dist", "scripts", "release", "main.js");

suite("a release", () => {
  test("takes the notes of the next version, and dates them", () => {
    const dated = changelogOf(changelog, "0.2.0", "2026-02-03");

    assert.equal(notesOf(changelog), "### Added\n\n- a");
    assert.match(
      dated,
      /## Unreleased\n\n## 0\.2\.0 - 2026-02-03\n\n### Added\n\n- a\n\n## 0\.1\.0/,
    );
    assert.throws(() => notesOf(dated), /nothing below/);
    assert.equal(notesOf("## Unreleased\n\n- last\n"), "- last");
  });

  test("needs a version, and a later one", () => {
    checkVersion("0.1.0", "0.2.0-rc.1");
    for (const next of ["", "v1.0.0", "1.0", "0.1.0", "0.0.9"]) {
      assert.throws(() => checkVersion("0.1.0", next), /the version must be/, next);
    }
  });

  test("gives both packages and the lock file one version, and changes nothing else", () => {
    for (const path of ["package.json", "client/package.json"]) {
      const { version, ...rest } = JSON.parse(manifestOf(read(path), "9.8.7"));
      const { version: _, ...before } = JSON.parse(read(path));
      assert.equal(version, "9.8.7");
      assert.deepEqual(rest, before);
    }
    const lock = JSON.parse(lockOf(read("package-lock.json"), "9.8.7"));
    assert.deepEqual([lock.version, lock.packages.client.version], ["9.8.7", "9.8.7"]);
  });

  test("gives the Helm chart and its image the same version", () => {
    const before = read("deploy/helm/rerankd/Chart.yaml");
    const chart = chartOf(before, "9.8.7");

    assert.deepEqual(chart.match(/^(version|appVersion): .*$/gm), [
      "version: 9.8.7",
      "appVersion: 9.8.7",
    ]);
    assert.equal(chartOf(chart, "0.1.0"), chartOf(before, "0.1.0"));
  });

  test("tried with --dry-run packs and runs both packages, and changes nothing", () => {
    const state = (): string =>
      execFileSync("git", ["status", "--porcelain"], { cwd: packageRoot, encoding: "utf8" });
    const before = state();
    const next = inc(JSON.parse(read("package.json")).version, "minor") ?? "";

    const { status, stdout, stderr } = spawnSync(process.execPath, [script, next, "--dry-run"], {
      encoding: "utf8",
    });

    assert.equal(status, 0, stderr);
    for (const name of ["rerankd", "rerankd-client"]) {
      assert.match(stdout, new RegExp(`packed ${name}-[\\d.]+\\.tgz: \\d+ files`));
    }
    assert.match(stdout, /the packed program ranks, and the packed client is imported/);
    assert.match(stdout, new RegExp(`would commit and tag v${next}`));
    assert.equal(state(), before);
  });
});
