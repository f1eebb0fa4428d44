import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { options } from "../../../../src/config/options.ts";
import { parseOptions } from "../../../../src/config/parse-options.ts";
import { checkProperty, damaged } from "../check-property.ts";

suite("properties of parseOptions()", () => {
  test("never throws, and has no value of an option that it complains of", async () => {
    const flags = fc.constantFrom(...options.map(({ flag }) => `--${flag}`), "--help", "-h");
    const values = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.constantFrom("auto", "", "-"),
    );
    const assigned = fc.tuple(flags, values).map(([flag, value]) => `${flag}=${value}`);
    const strange = fc.constantFrom(
      "--",
      "-",
      "--__proto__=1",
      "--constructor",
      "--no-port",
      "---",
    );
    const words = fc.oneof(flags, values, assigned, damaged(flags), strange);
    const names = options.flatMap(({ env }) => env);
    const environments = fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 4 });
    const commands = fc.constantFrom("serve", "pull", "rank", "eval", "health");
    await checkProperty(
      fc.property(
        commands,
        fc.array(words, { maxLength: 6 }),
        environments,
        (command, argv, env) => {
          const parsed = parseOptions(command as "serve", argv, env);
          for (const { flag, type } of options) {
            if (type.kind !== "integer") continue;
            const value = parsed.optionalInteger(flag);
            if (value === undefined) continue;
            assert(Number.isInteger(value) && value >= type.min && value <= type.max, flag);
          }
          for (const problem of parsed.problems) assert(problem.length > 0);
        },
      ),
    );
  });
});
