import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sha256, startHubServer } from "../../fakes/hub-server.ts";
import { makeTempFolder, tinyHubModel, tinyModelFiles } from "../tiny-model.ts";

const child = fileURLToPath(new URL("pull-child.js", import.meta.url));
const weightsFile = "onnx/model_quantized.onnx";
const weights = tinyModelFiles()[weightsFile] ?? Buffer.of();

suite("downloadModel() in two processes at once", () => {
  test("succeeds in both, and fetches each file once", async (context) => {
    const home = await makeTempFolder(context);
    const hub = await startHubServer([tinyHubModel()]);
    context.after(() => hub.close());
    let resume = () => {};
    const bothListed = new Promise<void>((resolve) => {
      resume = resolve;
    });
    hub.fail({ path: new RegExp(sha256(weights)), pauseAfterBytes: 50_000, resume: bothListed });
    const isListing = ({ path }: { readonly path: string }) => path.includes("/tree/");
    hub.onRequest(() => {
      if (hub.requests.filter(isListing).length === 2) resume();
    });

    const pull = () => promisify(execFile)(execPath, [child, home, hub.endpoint]);
    const [first, second] = await Promise.all([pull(), pull()]);

    assert.equal(first.stdout, second.stdout);
    assert.deepEqual(await readFile(join(first.stdout, weightsFile)), weights);
    const fetched = hub.requests.filter(({ path }) => !path.startsWith("/api/"));
    assert.equal(new Set(fetched.map(({ path }) => path)).size, fetched.length);
  });
});
