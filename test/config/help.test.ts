import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { commandHelp, optionsTable, programHelp } from "../../src/config/help.ts";
import { options } from "../../src/config/options.ts";

suite("help", () => {
  test("fits 80 columns", () => {
    for (const text of [programHelp(), commandHelp("serve"), commandHelp("pull")]) {
      for (const line of text.split("\n")) assert(line.length <= 80, line);
    }
  });

  test("names every option, variable and default in --help and in the table", () => {
    const table = optionsTable();
    for (const option of options) {
      for (const command of option.commands ?? ["serve"]) {
        const help = commandHelp(command).replaceAll(/\s+/g, " ");
        assert(help.includes(`--${option.flag}`), option.flag);
        for (const name of option.env) assert(help.includes(name), name);
      }
      assert(table.includes(`\`--${option.flag}\``), option.flag);
    }
  });

  test("leaves out options of other commands", () => {
    assert.doesNotMatch(commandHelp("pull"), /--port/);
  });
});
