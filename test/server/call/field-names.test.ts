import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../../src/errors.ts";
import { documentsCalled, renameFields } from "../../../src/server/call/field-names.ts";

const names = documentsCalled("texts");

suite("renameFields()", () => {
  test("keeps everything of an error but the names", () => {
    const cause = new Error("cause");
    const text = "`documents[3]` together with `query` is too long";
    const options = { field: "documents[3]", retryAfterMs: 5, cause };

    const renamed = renameFields(new RerankError("invalid_argument", text, options), names);

    assert(renamed instanceof RerankError);
    const { code, message, field, retryAfterMs } = renamed;
    assert.deepEqual(
      { code, message, field, retryAfterMs, cause: renamed.cause },
      {
        code: "invalid_argument",
        message: "`texts[3]` together with `query` is too long",
        field: "texts[3]",
        retryAfterMs: 5,
        cause,
      },
    );
  });

  test("leaves errors about anything else as they are", () => {
    const others = [
      new RerankError("not_found", "`model` must be x, got: `documents`", { field: "model" }),
      new RerankError("unavailable", "the model is loading"),
      new TypeError("`documents`"),
    ];
    for (const error of others) assert.equal(renameFields(error, names), error);
  });
});
