import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite, type TestContext, test } from "node:test";
import { startSystemdNotifier } from "../../../src/commands/serve/systemd-notifier.ts";
import type { Environment } from "../../../src/config/options/parse-options.ts";
import { HealthState } from "../../../src/engine/health-state.ts";
import { createFakeSystemd } from "../../fakes/fake-systemd.ts";
import { createManualClock } from "../../fakes/manual-clock.ts";
import { createRecordingLogger } from "../../fakes/recording-logger.ts";
import { startServerProcess } from "../../server-process.ts";

/** Receives datagrams until it has one that begins with READY=1; prints each as JSON. */
const receiver = `
import json, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.settimeout(20)
receiver.bind(sys.argv[1])
print(json.dumps("bound"), flush=True)
while True:
    message = receiver.recv(4096).decode()
    print(json.dumps(message), flush=True)
    if message.startswith("READY=1"): break
`;

function canRun(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}

function startingHealth(): HealthState {
  return new HealthState({
    status: "starting",
    model: "mini",
    device: "",
    workers: 0,
    threads: 0,
    dtype: "int8",
    maxLength: 512,
    activation: "sigmoid",
    version: "1.0.0",
    reason: "the model is loading",
  });
}

function startNotifier(env: Environment) {
  const health = startingHealth();
  const clock = createManualClock();
  const log = createRecordingLogger();
  return { health, clock, log, notifier: startSystemdNotifier({ env, health, clock, log }) };
}

function useFakeSystemd(t: TestContext, exitCode = 0) {
  const systemd = createFakeSystemd(exitCode);
  t.after(systemd.remove);
  return systemd;
}

const posixOnly = { skip: process.platform === "win32" ? "systemd is for Linux" : false };

suite("startSystemdNotifier()", posixOnly, () => {
  test("tells of loading, readiness, a restart and the drain, in order", async (t) => {
    const systemd = useFakeSystemd(t);
    const { health, notifier } = startNotifier(systemd.env);

    health.update({ status: "ok", reason: "", device: "cpu" });
    health.update({ status: "restarting", reason: "the worker is being restarted" });
    health.update({ status: "ok", reason: "" });
    health.update({ status: "draining", reason: "the server is stopping" });
    await notifier.close();

    assert.deepEqual(systemd.messages(), [
      "STATUS=starting: the model is loading",
      "READY=1 STATUS=serving mini on cpu, int8",
      "STATUS=restarting: the worker is being restarted",
      "STATUS=serving mini on cpu, int8",
      "STOPPING=1 STATUS=draining: the server is stopping",
    ]);
  });

  test("sends nothing where systemd does not listen", async (t) => {
    const systemd = useFakeSystemd(t);
    const { health, clock, notifier } = startNotifier({
      ...systemd.env,
      NOTIFY_SOCKET: undefined,
      WATCHDOG_USEC: "2000000",
    });

    health.update({ status: "ok" });
    await notifier.close();

    assert.deepEqual([systemd.messages(), clock.waiting], [[], 0]);
  });

  test("feeds the watchdog at half its interval", async (t) => {
    const systemd = useFakeSystemd(t);
    const { health, clock, notifier, log } = startNotifier({
      ...systemd.env,
      WATCHDOG_USEC: "2000000",
    });
    assert.equal(clock.waiting, 0);

    health.update({ status: "ok", device: "cpu" });
    // Keep-alives are left out while a message is under way, so wait until all have been sent.
    while (systemd.messages().length < 2) await new Promise(setImmediate);
    while (!systemd.messages().includes("WATCHDOG=1")) {
      clock.advance(1000);
      await new Promise(setImmediate);
    }
    await notifier.close();

    assert.deepEqual([clock.waiting, log.lines], [0, []]);
  });

  test("lets the watchdog starve while the server cannot serve", async (t) => {
    const systemd = useFakeSystemd(t);
    const { health, clock, notifier } = startNotifier({
      ...systemd.env,
      WATCHDOG_USEC: "2000000",
    });
    health.update({ status: "ok", device: "cpu" });
    health.update({ status: "restarting", reason: "the worker is being restarted" });
    while (systemd.messages().length < 3) await new Promise(setImmediate);

    for (let round = 0; round < 10; round += 1) {
      clock.advance(1000);
      await new Promise(setImmediate);
    }
    await notifier.close();

    assert(!systemd.messages().includes("WATCHDOG=1"));
  });

  test("stops the keep-alives when the server drains", async (t) => {
    const systemd = useFakeSystemd(t);
    const { health, clock, notifier } = startNotifier({
      ...systemd.env,
      WATCHDOG_USEC: "2000000",
    });
    health.update({ status: "ok", device: "cpu" });
    assert.equal(clock.waiting, 1);

    health.update({ status: "draining", reason: "the server is stopping" });

    assert.equal(clock.waiting, 0);
    await notifier.close();
  });

  test("warns once, and goes on, if the program fails", async (t) => {
    const systemd = useFakeSystemd(t, 1);
    const { health, notifier, log } = startNotifier(systemd.env);

    health.update({ status: "ok" });
    await notifier.close();

    assert.equal(systemd.messages().length, 2);
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, message]),
      [["warn", "systemd cannot be told: `systemd-notify` failed"]],
    );
  });

  test("warns if the program is not there", async () => {
    const { notifier, log } = startNotifier({ NOTIFY_SOCKET: "/nowhere", PATH: "/nowhere" });

    await notifier.close();

    assert.equal(log.lines[0]?.level, "warn");
  });

  test("reaches a real socket through the real systemd-notify", async (t) => {
    if (!canRun("systemd-notify") || !canRun("python3")) {
      return t.skip("systemd-notify or python3 is not on the path");
    }
    const folder = mkdtempSync(join(tmpdir(), "rerankd-notify-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const socket = join(folder, "socket");
    const child = spawn("python3", ["-c", receiver, socket], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, '"bound"');
    const { health, notifier, log } = startNotifier({
      NOTIFY_SOCKET: socket,
      PATH: process.env.PATH,
    });

    health.update({ status: "ok", device: "cpu" });
    const messages = [];
    for await (const line of { [Symbol.asyncIterator]: () => lines })
      messages.push(JSON.parse(line));
    await ended;
    await notifier.close();

    const told = messages.filter((message) => !message.startsWith("BARRIER"));
    assert.deepEqual(told, [
      "STATUS=starting: the model is loading",
      "READY=1\nSTATUS=serving mini on cpu, int8",
    ]);
    assert.deepEqual(log.lines.length <= 1, true);
  });
});

suite("rerankd serve under systemd", posixOnly, () => {
  test("says that it is ready, and that it stops", async (t) => {
    const systemd = useFakeSystemd(t);
    const server = await startServerProcess([], { env: systemd.env });

    const code = await server.stop();

    assert.equal(code, 0);
    assert.deepEqual(
      systemd.messages().map((message) => message.split(/[ :]/)[0]),
      ["STATUS=starting", "READY=1", "STOPPING=1"],
    );
  });
});
