import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatCheckList } from "../../src/terminal/check-list.ts";

const checks = [
  { name: "port", state: "ok", found: "127.0.0.1:1 is free" },
  { name: "model", state: "fault", found: "no such folder as this one here", advice: "make one" },
] as const;

suite("formatCheckList()", () => {
  test("has a line for each check, and what to do below it", () => {
    assert.equal(
      formatCheckList(checks, { columns: 80, color: false }),
      [
        "ok       port   127.0.0.1:1 is free",
        "FAULT    model  no such folder as this one here",
        "                to do: make one",
        "",
      ].join("\n"),
    );
  });

  test("breaks long findings between words", () => {
    const lines = formatCheckList(checks, { columns: 46, color: false }).split("\n");

    assert.deepEqual(lines.slice(1, 3), [
      "FAULT    model  no such folder as this one",
      "                here",
    ]);
  });

  test("colours the state alone", () => {
    const text = formatCheckList(checks, { columns: 80, color: true });

    assert(text.startsWith("\u001B[32mok     \u001B[0m  port"));
  });
});
