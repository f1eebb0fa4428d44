import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { chooseMaxLength } from "../../src/engine/prepare-model.ts";

const hubModel = { asked: undefined, modelLimit: 1024 };

suite("chooseMaxLength()", () => {
  test("is 512 where nothing is asked for", () => {
    assert.equal(chooseMaxLength(hubModel), 512);
  });

  test("is the limit of a model that has fewer positions", () => {
    assert.equal(chooseMaxLength({ ...hubModel, modelLimit: 256 }), 256);
  });

  test("is what was asked for, of every model", () => {
    assert.equal(chooseMaxLength({ ...hubModel, asked: 1024 }), 1024);
    assert.equal(chooseMaxLength({ ...hubModel, asked: 128 }), 128);
  });

  test("throws for more than the model has positions for", () => {
    assert.throws(
      () => chooseMaxLength({ ...hubModel, asked: 1025 }),
      /limit of 1024, got: `1025`/,
    );
  });
});
