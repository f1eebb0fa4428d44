import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { commandHelp, optionsTable, programHelp } from "../../../src/config/options/help.ts";
import { options } from "../../../src/config/options/options.ts";

const commands = ["serve", "pull", "rank", "health", "eval", "mcp", "doctor"] as const;

suite("help", () => {
  test("fits 80 columns", () => {
    for (const text of [programHelp(), ...commands.map(commandHelp)]) {
      for (const line of text.split("\n")) assert(line.length <= 80, line);
    }
  });

  test("names every option, variable and default in --help and in the table", () => {
    for (const option of options) {
      for (const command of option.commands ?? ["serve"]) {
        const help = commandHelp(command).replaceAll(/\s+/g, " ");
        assert(help.includes(`--${option.flag}`), option.flag);
        for (const name of option.env) assert(help.includes(name), name);
        assert(optionsTable(command).includes(`\`--${option.flag}\``), option.flag);
      }
    }
  });

  test("shows an option's letter, and no value or variable where there is none", () => {
    const help = commandHelp("rank");

    assert.match(help, /^ {2}-q, --query TEXT$/m);
    assert.match(help, /^ {2}--json$/m);
    assert.doesNotMatch(help, /env: [\];]/);
  });

  test("names every command", () => {
    for (const command of commands) assert.match(programHelp(), new RegExp(`^  ${command} `, "m"));
  });

  test("leaves out options of other commands", () => {
    assert.doesNotMatch(commandHelp("pull"), /--port/);
  });
});
