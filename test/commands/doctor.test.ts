import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { suite, test } from "node:test";
import { runProgram } from "../run-program.ts";
import { packageRoot } from "../server-process.ts";

interface Report {
  readonly ok: boolean;
  readonly version: string;
  readonly checks: readonly {
    readonly name: string;
    readonly state: string;
    readonly found: string;
    readonly advice?: string;
    readonly files?: readonly { readonly path: string; readonly sha256: string }[];
  }[];
}

const checkOf = ({ checks }: Report, name: string) => {
  const check = checks.find((one) => one.name === name);
  assert(check, name);
  return check;
};

suite("rerankd doctor", () => {
  test("finds the bundled model sound, ranks with it and lists its files", async () => {
    const { code, stdout, stderr } = await runProgram([
      "doctor",
      "--json",
      "--port=0",
      "--threads=1",
      "--spinning=off",
    ]);

    assert.equal(code, 0, stderr + stdout);
    const report = JSON.parse(stdout) as Report;
    assert.equal(report.ok, true);
    const model = checkOf(report, "model");
    assert.equal(model.state, "ok");
    assert(model.files?.some(({ path }) => path === "tokenizer.json"));
    for (const { sha256 } of model.files ?? []) assert.match(sha256, /^[0-9a-f]{64}$/);
    assert.match(checkOf(report, "a ranking").found, /2 documents ranked/);
    assert.equal(checkOf(report, "hub").state, "skipped");
  });

  test("says where the runtime's native library cannot be loaded", () => {
    const main = join(packageRoot, "dist", "src", "main.js");
    const run = (command: string) =>
      spawnSync(process.execPath, ["--no-addons", main, command, "--port=0"], { encoding: "utf8" });
    const doctor = run("doctor");
    const serve = run("serve");

    assert.deepEqual([doctor.status, serve.status], [1, 1]);
    assert.match(doctor.stdout, /FAULT +GPU libraries +ONNX Runtime cannot be loaded/);
    assert.match(serve.stderr, /^error: ONNX Runtime cannot be loaded: .*\n\nhint: .*glibc.*\n$/);
  });

  test("fails with what to do about each fault", async (context) => {
    const server = createServer().listen(0, "127.0.0.1");
    context.after(() => server.close());
    await once(server, "listening");
    const address = server.address();
    assert(typeof address === "object" && address);

    const { code, stdout } = await runProgram([
      "doctor",
      "--model-id=./no-such-folder",
      `--port=${address.port}`,
    ]);

    assert.equal(code, 1);
    assert.match(stdout, /^rerankd \d+\.\d+\.\d+$/m);
    assert.match(stdout, /^FAULT +model +the model folder/m);
    assert.match(
      stdout,
      new RegExp(`^FAULT +port +the address 127.0.0.1:${address.port} is in`, "m"),
    );
    assert.match(stdout, /to do: set --model-id to the folder/);
    assert.match(stdout, /^skipped +a ranking/m);
  });

  test("says that a model of the hub would be fetched", async () => {
    const { code, stdout } = await runProgram(
      ["doctor", "--json", "--model-id=owner/name", "--port=0"],
      { env: { HF_HUB_OFFLINE: "0", HF_ENDPOINT: "http://127.0.0.1:1" } },
    );

    assert.equal(code, 1);
    const report = JSON.parse(stdout) as Report;
    assert.match(checkOf(report, "model").advice ?? "", /rerankd pull owner\/name/);
    assert.equal(checkOf(report, "model").state, "warning");
    assert.equal(checkOf(report, "hub").state, "fault");
  });

  test("takes the options of serve, and refuses what serve refuses", async () => {
    const { code, stderr } = await runProgram(["doctor", "--tls-cert=a.pem", "--prot=1"]);

    assert.equal(code, 2);
    assert.match(stderr, /--tls-cert and --tls-key go together/);
    assert.match(stderr, /did you mean --port\?/);
  });
});
