import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { interopTool } from "./tools.ts";

suite("interopTool()", () => {
  const setRequired = (value: string | undefined): void => {
    if (value === undefined) delete process.env.REQUIRE_INTEROP;
    else process.env.REQUIRE_INTEROP = value;
  };

  test("has a test skipped whose program is missing, and fails it where all are required", (t) => {
    const before = process.env.REQUIRE_INTEROP;
    t.after(() => setRequired(before));

    setRequired(undefined);
    assert.equal(
      interopTool("bin/nothing").skip,
      "no bin/nothing here: run scripts/setup-interop.sh",
    );
    setRequired("1");
    assert.throws(() => interopTool("bin/nothing"), /no bin\/nothing here/);
  });
});
