import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { checkFileName } from "../../src/models/file-name.ts";

const refused = [
  "../evil",
  "onnx/../../evil",
  "..",
  "/etc/passwd",
  "onnx//model.onnx",
  "./config.json",
  "",
  "..\\evil",
  "\\\\host\\share",
  "C:\\evil",
  "c:evil",
  "onnx/D:evil",
  "a\u0000b",
  "a\u001B[2Jb",
];

suite("checkFileName()", () => {
  for (const name of refused) {
    test(`refuses ${JSON.stringify(name)}`, () => {
      assert.throws(() => checkFileName(name, "the listing"), {
        name: "StartupError",
        message: `the listing must only name files inside the model's folder, got: ${JSON.stringify(name)}`,
      });
    });
  }

  for (const name of [
    "config.json",
    "onnx/model.onnx_data",
    ".gitattributes",
    "a..b/c d.txt",
    "모델.md",
  ]) {
    test(`takes ${name}`, () => {
      assert.doesNotThrow(() => checkFileName(name, "the listing"));
    });
  }
});
