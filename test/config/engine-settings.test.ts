import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { EngineConfig } from "../../src/config/engine-config.ts";
import { type EngineSettings, parseEngineSettings } from "../../src/config/engine-settings.ts";
import { UsageError } from "../../src/config/options/parse-options.ts";
import { parseServeConfig } from "../../src/config/serve-config.ts";

suite("parseEngineSettings()", () => {
  test("has the defaults of `serve`", () => {
    const parsed = parseServeConfig([], {});
    assert(!parsed.help);

    for (const [name, value] of Object.entries(parseEngineSettings({}))) {
      assert.deepEqual(value, parsed.config.models[0][name as keyof EngineConfig], name);
    }
  });

  test("takes every setting", () => {
    const settings = {
      revision: "v1",
      dtype: "fp32",
      device: "cpu",
      onnxFile: "onnx/model.onnx",
      positiveLabel: "1",
      activation: "model",
      maxLength: 64,
      threads: 3,
      workers: 4,
      cacheMb: 5,
      maxDocuments: 6,
      maxDocumentChars: 7,
      maxQueryChars: 8,
      maxQueueTokens: 9,
      maxQueueMs: 10,
      maxBatchTokens: 11,
    };
    const prompt = {
      template: "zerank",
      queryTemplate: "q: {query}",
      documentTemplate: "d: {document}",
      instruction: "look",
    };
    const others = { model: "a/b", spinning: false, ...prompt };

    assert.deepEqual(parseEngineSettings({ ...settings, ...others }), {
      ...settings,
      prompt,
      modelId: "a/b",
      spinning: false,
      name: undefined,
      weight: 1,
      servedModelNames: [],
    });
  });

  test("reports every problem at once, in the settings' own names", () => {
    const settings = {
      device: "tpu",
      threads: 1.5,
      maxLength: -1,
      model: "",
    } as const satisfies EngineSettings;

    assert.throws(
      () => parseEngineSettings(settings),
      (error) => {
        assert(error instanceof UsageError);
        assert.deepEqual(error.problems, [
          "`model` must not be empty",
          "`device` must be one of auto, cpu, cuda, webgpu, got: `tpu`",
          "`maxLength` must be a whole number from 8 to 1048576, got: `-1`",
          "`threads` must be a whole number from 0 to 1024, got: `1.5`",
        ]);
        return true;
      },
    );
  });

  test("checks values as themselves: a number is no text, and a text no number", () => {
    const settings = { model: 7, threads: "2", spinning: "off" } as unknown as EngineSettings;

    assert.throws(
      () => parseEngineSettings(settings),
      (error) => {
        assert(error instanceof UsageError);
        assert.deepEqual(error.problems, [
          "`model` must be a string, got: a number",
          "`threads` must be a whole number from 0 to 1024, got: `2`",
          "`spinning` must be true or false, got: a string",
        ]);
        return true;
      },
    );
  });

  test("takes a number of workers, or leaves it open", () => {
    const of = (workers: unknown) => parseEngineSettings({ workers } as EngineSettings).workers;

    assert.deepEqual([undefined, "auto", 0, 3].map(of), [0, 0, 0, 3]);
    for (const wrong of ["many", 1.5, 65, "2"]) {
      assert.throws(() => of(wrong), {
        message: /`workers` must be auto or a whole number from 0 to 64, got: /,
      });
    }
  });

  test("refuses a setting that there is not", () => {
    const settings = { modelId: "bundled" } as EngineSettings;

    assert.throws(() => parseEngineSettings(settings), /`modelId` is not an option/);
  });
});
