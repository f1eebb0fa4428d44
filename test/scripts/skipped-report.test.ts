import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { skippedReport } from "../../scripts/skipped-report.ts";

suite("skippedReport()", () => {
  test("counts what was skipped, and says where and why", () => {
    const report = skippedReport([
      { file: "interop/grpcurl.test.js", name: "grpcurl", reason: "no bin/grpcurl here" },
      { file: "cli/a.test.js", name: "is fast", reason: undefined },
    ]);

    assert.equal(
      report,
      "skipped: 2\n" +
        "  cli/a.test.ts: is fast: no reason given\n" +
        "  interop/grpcurl.test.ts: grpcurl: no bin/grpcurl here\n",
    );
  });

  test("says that nothing was", () => {
    assert.equal(skippedReport([]), "skipped: 0\n");
  });
});
