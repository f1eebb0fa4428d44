import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readTexts } from "../../../src/config/options/option-value.ts";
import { options } from "../../../src/config/options/options.ts";
import { parseServeConfig } from "../../../src/config/serve-config.ts";
import { defaultRequestLimits } from "../../../src/reranker/check-request.ts";
import { defaultServerLimits } from "../../../src/server/limits.ts";

suite("the defaults of the options", () => {
  test("are values of their options", () => {
    for (const option of options) {
      if (option.default === undefined) continue;
      assert.deepEqual(readTexts(option, [String(option.default)]), { value: option.default });
    }
  });

  test("are the default limits of the reranker and of the server", () => {
    const parsed = parseServeConfig([], {});
    assert(!parsed.help);
    const [engine] = parsed.config.models;
    const config = { ...engine, ...parsed.config };
    const limits = { ...defaultRequestLimits, ...defaultServerLimits };

    const shared = Object.entries(limits).filter(([name]) => name in config);

    assert.equal(shared.length, 10);
    for (const [name, value] of shared) {
      assert.equal(config[name as keyof typeof config], value, name);
    }
  });
});
