import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type CheckResult, compatibilityTable } from "../../scripts/docs/compatibility-table.ts";
import { type CheckName, checkNames } from "./real-client.ts";

const passed: CheckResult = { kind: "passed", note: undefined };

/** A report in which every check passed but for those given. */
function report(name: string, results: Partial<Record<CheckName, CheckResult>>) {
  const all = Object.fromEntries(checkNames.map((check) => [check, passed]));
  return {
    client: { name, registry: "npm", package: "a-client", version: "1.2.3" } as const,
    routes: ["/rerank", "/v1/rerank"],
    results: { ...all, ...results } as Record<CheckName, CheckResult>,
  };
}

suite("compatibilityTable()", () => {
  test("has a row for each client, with its version and routes", () => {
    const table = compatibilityTable([report("Client", {})]);

    assert.match(table, /^\| client \| package \| routes \| ranks \| top_n \|/m);
    assert.match(
      table,
      /^\| Client \| npm a-client 1\.2\.3 \| `\/rerank`, `\/v1\/rerank` \|( yes \|){8}$/m,
    );
  });

  test("says why a check was left out, each reason once", () => {
    const leftOut: CheckResult = { kind: "left out", reason: "has no such field" };
    const table = compatibilityTable([
      report("One", { documents: leftOut }),
      report("Two", { documents: leftOut, overload: { kind: "passed", note: "tries again" } }),
    ]);

    assert.equal(table.match(/– \(1\)/g)?.length, 2);
    assert.match(table, /yes \(2\)/);
    assert.match(table, /^1\. has no such field\n2\. tries again$/m);
  });

  test("shows a failure with its reason on one line", () => {
    const table = compatibilityTable([
      report("Client", { ranks: { kind: "failed", reason: "a | b\nc" } }),
    ]);

    assert.match(table, /\*\*FAILS\*\* \(1\)/);
    assert.match(table, /^1\. FAILS: a \| b c$/m);
  });
});
