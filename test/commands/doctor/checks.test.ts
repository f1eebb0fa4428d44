import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { checkDevices } from "../../../src/commands/doctor/check-devices.ts";
import { checkHub } from "../../../src/commands/doctor/check-hub.ts";
import {
  checkInstructions,
  checkMemory,
  checkNode,
  checkThreads,
} from "../../../src/commands/doctor/check-machine.ts";
import { checkApiKeys, checkTls } from "../../../src/commands/doctor/check-security.ts";
import { StartupError } from "../../../src/errors.ts";
import type { CgroupLimits } from "../../../src/inference/cgroup.ts";
import { packageRoot } from "../../server-process.ts";

const noLimits: CgroupLimits = { cpus: undefined, memoryBytes: undefined };
const pem = (name: string): string => join(packageRoot, "test/fixtures/tls", name);
const ownTls = {
  certPath: pem("cert.pem"),
  keyPath: pem("key.pem"),
  clientCaPath: undefined,
};
const dayMs = 24 * 60 * 60 * 1000;

suite("the checks of the machine", () => {
  test("know the versions of Node that the package is made for", () => {
    const states = ["20.18.3", "20.19.0", "21.7.0", "22.0.0", "26.1.0"].map(
      (version) => checkNode(version).state,
    );

    assert.deepEqual(states, ["fault", "ok", "fault", "ok", "ok"]);
    assert.equal(checkNode(undefined).state, "skipped");
  });

  test("know the instructions for 8-bit integers", () => {
    const vnni = checkInstructions("flags\t\t: fpu avx2 avx_vnni\n", "x64");
    const old = checkInstructions("flags\t\t: fpu avx2\n", "x64");
    const arm = checkInstructions("Features\t: fp asimddp\n", "arm64");

    assert.deepEqual([vnni.state, old.state, arm.state], ["ok", "warning", "ok"]);
    assert.match(old.found, /AVX2, without VNNI/);
    assert.equal(checkInstructions("", "x64").state, "skipped");
  });

  test("compare threads with cores and with the container's quota", () => {
    const check = (workers: number, threads: number, limits = noLimits) =>
      checkThreads({ workers, threads }, limits, 8);
    const quota = { ...noLimits, cpus: 1.5 };

    assert.deepEqual(check(2, 4), {
      name: "threads",
      state: "ok",
      found: "2 workers × 4 for 8 cores",
    });
    assert.equal(check(1, 2, quota).state, "ok");
    assert.equal(check(1, 8, quota).state, "warning");
    assert.match(check(1, 8, quota).advice ?? "", /--threads 2: .* quota is used up/);
    assert.match(check(1, 9).advice ?? "", /--threads 8/);
    assert.match(check(3, 3).advice ?? "", /--workers and --threads to 8 together/);
  });

  test("compare the weights with the memory that is left", () => {
    const states = [10, 60, 200].map((bytes) => checkMemory(bytes, noLimits, 100).state);

    assert.deepEqual(states, ["ok", "warning", "fault"]);
    assert.equal(checkMemory(60, { ...noLimits, memoryBytes: 50 }, 1000).state, "fault");
    assert.equal(checkMemory(undefined, noLimits, 1).state, "ok");
  });

  test("say how to use a GPU whose libraries are missing", () => {
    const obstacles = { cpu: undefined, cuda: "a library is missing", webgpu: undefined };
    const find = () => obstacles;

    assert.equal(checkDevices(find, false).state, "ok");
    const check = checkDevices(find, true);
    assert.equal(check.state, "warning");
    assert.match(check.advice ?? "", /ONNXRUNTIME_NODE_INSTALL/);
    const broken = checkDevices(() => {
      throw new StartupError("ONNX Runtime cannot be loaded: no glibc", { hint: "install it" });
    }, false);
    assert.deepEqual(
      [broken.state, broken.found, broken.advice],
      ["fault", "ONNX Runtime cannot be loaded: no glibc", "install it"],
    );
  });
});

suite("the checks of TLS and keys", () => {
  test("tell how long the certificate is valid, and warn before its end", async () => {
    const now = await checkTls({ tls: ownTls });
    assert.equal(now.state, "ok", now.found);
    const end = Date.parse(/until (\S+),/.exec(now.found)?.[1] ?? "");
    const at = async (ms: number) => (await checkTls({ tls: ownTls }, ms)).state;

    assert.equal(await at(end - 7 * dayMs), "warning");
    assert.equal(await at(end + 2 * dayMs), "fault");
    assert.equal(await at(0), "fault");
  });

  test("find a key of another certificate, and files that are missing or none", async () => {
    const other = await checkTls({ tls: { ...ownTls, keyPath: pem("other-key.pem") } });
    const missing = await checkTls({ tls: { ...ownTls, certPath: "/nowhere.pem" } });
    const none = await checkTls({ tls: { ...ownTls, clientCaPath: pem("README.md") } });

    assert.match(other.found, /does not belong/);
    assert.match(missing.found, /--tls-cert cannot be read/);
    assert.match(none.found, /holds no certificate/);
    assert.deepEqual(
      [other.state, missing.state, none.state, (await checkTls({ tls: undefined })).state],
      ["fault", "fault", "fault", "skipped"],
    );
  });

  test("count API keys without repeating them", async () => {
    const keys = ["first-key-of-two", "second-key-of-two"];
    const check = await checkApiKeys({ apiKeys: keys, apiKeysPath: undefined });
    const missing = await checkApiKeys({ apiKeys: [], apiKeysPath: "/nowhere" });

    assert.deepEqual([check.state, check.found], ["ok", "2 in use"]);
    assert.equal(missing.state, "fault");
  });
});

suite("the check of the hub", () => {
  async function hubThatSays(date: string, context: TestContext): Promise<string> {
    const server = createServer((_request, response) => {
      response.sendDate = false;
      response.writeHead(200, { date }).end();
    });
    context.after(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert(typeof address === "object" && address);
    return `http://127.0.0.1:${address.port}`;
  }
  const signal = new AbortController().signal;
  const theirs = Date.parse("2026-01-01T12:00:00Z");

  test("compares the clocks", async (context) => {
    const url = await hubThatSays(new Date(theirs).toUTCString(), context);
    const at = (ms: number) =>
      checkHub({ env: { HF_ENDPOINT: url }, needed: false, signal, now: () => ms });

    assert.equal((await at(theirs)).found, `${url} answers; this clock is the same`);
    assert.equal((await at(theirs + 60_000)).state, "ok");
    const wrong = await at(theirs - 600_000);
    assert.equal(wrong.state, "warning");
    assert.match(wrong.found, /600 s behind/);
  });

  test("takes a hub that cannot be reached for a fault only where it is needed", async () => {
    const env = { HF_ENDPOINT: "http://127.0.0.1:1" };
    const ask = async (needed: boolean) => (await checkHub({ env, needed, signal })).state;

    assert.deepEqual([await ask(false), await ask(true)], ["warning", "fault"]);
  });

  test("asks nobody where the network must not be used", async () => {
    const env = { HF_HUB_OFFLINE: "1", HF_ENDPOINT: "http://127.0.0.1:1" };

    assert.equal((await checkHub({ env, needed: true, signal })).state, "skipped");
  });
});
