import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StartupError } from "../../src/errors.ts";
import { parseDeviceName, planDevices } from "../../src/inference/devices.ts";

const none = { cpu: undefined, cuda: undefined, webgpu: undefined };

suite("parseDeviceName()", () => {
  test("returns a known name", () => {
    assert.equal(parseDeviceName("cuda"), "cuda");
  });

  test("lists the known names for an unknown one", () => {
    assert.throws(
      () => parseDeviceName("tpu"),
      new StartupError("the device must be one of `auto`, `cpu`, `cuda`, `webgpu`, got: `tpu`"),
    );
  });
});

suite("planDevices()", () => {
  test("tries CUDA and then the CPU for auto", () => {
    assert.deepEqual(planDevices("auto", none), { attempts: ["cuda", "cpu"], notes: [] });
  });

  test("goes straight to the CPU for auto without CUDA, and says why", () => {
    const plan = planDevices("auto", { ...none, cuda: "the library is not installed" });
    assert.deepEqual(plan, {
      attempts: ["cpu"],
      notes: ["cuda is not used: the library is not installed"],
    });
  });

  test("tries only the device that was asked for", () => {
    assert.deepEqual(planDevices("webgpu", none).attempts, ["webgpu"]);
  });

  test("refuses a device that is not there, with a hint on how to get it", () => {
    assert.throws(
      () => planDevices("cuda", { ...none, cuda: "the library is not installed" }),
      (error) => {
        assert(error instanceof StartupError);
        assert.equal(
          error.message,
          "the device `cuda` cannot be used: the library is not installed",
        );
        assert.match(
          error.hint ?? "",
          /ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules\/onnxruntime-node\/script\/install/,
        );
        return true;
      },
    );
  });
});
