import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dashboardQueries, readAlerts, readDashboard } from "./dashboard.ts";
import { readText } from "./deploy-files.ts";

/** Columns of Grafana's grid. */
const gridColumns = 24;

suite("deploy/grafana/rerankd.json", () => {
  const { panels, templating, uid, schemaVersion } = readDashboard();

  test("has panels of their own ids, each in the grid and with something to show", () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    assert.deepEqual([uid, schemaVersion >= 36], ["rerankd", true]);
    for (const { type, title, gridPos, targets = [] } of panels) {
      assert(["row", "stat", "timeseries"].includes(type), type);
      assert(title.length > 0);
      assert(gridPos.x >= 0 && gridPos.x + gridPos.w <= gridColumns && gridPos.h > 0, title);
      if (type !== "row") assert(targets.length > 0, title);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    }
  });

  test("has no two panels in one place", () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_cell, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );

    assert.equal(new Set(cells).size, cells.length);
  });

  test("uses the variables that it has, and no other", () => {
    const text = readText("deploy/grafana/rerankd.json");
    const used = [...text.matchAll(/\$\{?([A-Za-z_]+)/g)].map(([, name = ""]) => name);
    const known = new Set([...templating.list.map(({ name }) => name), "__rate_interval", "__all"]);

    assert.deepEqual(
      used.filter((name) => !known.has(name)),
      [],
    );
    for (const { name } of templating.list) assert(used.includes(name), name);
  });

  test("has every query once", () => {
    const queries = dashboardQueries("1m");

    assert(queries.length > 20);
    assert.equal(new Set(queries).size >= queries.length - 1, true);
  });
});

suite("deploy/prometheus/alerts.yml", () => {
  test("is tested alert by alert, and has a row for each in docs/observability.md", () => {
    const tests = readText("deploy/prometheus/alerts_test.yml");
    const docs = readText("docs/observability.md");
    const names = readAlerts().map(({ alert }) => alert);

    assert(names.length >= 8);
    for (const name of names) {
      assert(docs.includes(`| \`${name}\` |`), name);
      const fires = new RegExp(`alertname: ${name}\\n\\s+exp_alerts:`);
      assert.match(tests, fires);
      assert(tests.includes(`alertname: ${name} }`), `${name} is never expected to be silent`);
    }
  });

  test("tells who and what in every alert", () => {
    for (const { alert, annotations } of readAlerts()) {
      assert.match(annotations.summary ?? "", /\$labels\.instance/, alert);
      assert((annotations.description ?? "").endsWith("."), alert);
    }
  });
});
