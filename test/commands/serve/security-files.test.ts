import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { openSecurity } from "../../../src/commands/serve/security-files.ts";
import type { SecurityConfig } from "../../../src/config/security-config.ts";
import { StartupError } from "../../../src/errors.ts";
import { createRecordingLogger, type RecordingLogger } from "../../fakes/recording-logger.ts";
import { postRerank } from "../../server/http-client.ts";
import { type RunningServer, startServer } from "../../server/start-server.ts";

const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../../test/fixtures/tls/${name}`, import.meta.url)));

const pollMs = 20;

const none: SecurityConfig = {
  apiKeys: [],
  apiKeysPath: undefined,
  admin: false,
  tls: undefined,
  corsOrigins: [],
  reflectionAccess: "open",
};

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a server that follows its files. */
async function startFollowing(
  context: TestContext,
  config: SecurityConfig,
): Promise<RunningServer & { readonly log: RecordingLogger }> {
  const log = createRecordingLogger();
  const { options, follow } = await openSecurity(config, { log, pollMs });
  const { apiKeys, tls } = options;
  const running = await startServer(context, { ...(apiKeys && { apiKeys }), ...(tls && { tls }) });
  const end = follow(running.server);
  context.after(end);
  return { ...running, log };
}

/** Resolves with the nth line of this level about a change. */
async function lineOf(log: RecordingLogger, level: string, nth = 1) {
  const changes = () =>
    log.lines.filter((line) => line.level === level && /have|were/.test(line.message));
  return await log.find((line) => changes().indexOf(line) === nth - 1);
}

const statusOf = async ({ url }: RunningServer, key: string): Promise<number> =>
  (await postRerank(url, { query: "q", documents: ["a"] }, { "x-api-key": key })).status;

suite("the file of API keys", () => {
  test("has a key a line, with comments", async (context) => {
    const apiKeysPath = join(folderOf(context), "keys");
    writeFileSync(apiKeysPath, "# the team's\nfirst-key  # until May\r\n\n  second#key\n");

    const running = await startFollowing(context, { ...none, apiKeys: ["third"], apiKeysPath });

    for (const key of ["first-key", "second#key", "third"]) {
      assert.equal(await statusOf(running, key), 200, key);
    }
    for (const key of ["# the team's", "May", "second", ""]) {
      assert.equal(await statusOf(running, key), 401, key);
    }
  });

  test("is read again when it changes, and when it is put in its place", async (context) => {
    const folder = folderOf(context);
    const apiKeysPath = join(folder, "keys");
    writeFileSync(join(folder, "one"), "old-key-of-this-test\n");
    symlinkSync("one", apiKeysPath);
    const running = await startFollowing(context, { ...none, apiKeysPath });

    writeFileSync(join(folder, "one"), "new-key-of-this-test\nsecond-key-of-this-test\n");
    const { fields } = await lineOf(running.log, "info");
    const afterWrite = [
      await statusOf(running, "old-key-of-this-test"),
      await statusOf(running, "new-key-of-this-test"),
    ];
    // As Kubernetes changes a mounted secret: another link in the place of the one before.
    writeFileSync(join(folder, "two"), "newest-key-of-this-test\n");
    symlinkSync("two", join(folder, "link"));
    renameSync(join(folder, "link"), apiKeysPath);
    await lineOf(running.log, "info", 2);
    const afterSwap = [
      await statusOf(running, "new-key-of-this-test"),
      await statusOf(running, "newest-key-of-this-test"),
    ];

    assert.equal(fields.keys, 2);
    assert.deepEqual(
      [afterWrite, afterSwap],
      [
        [401, 200],
        [401, 200],
      ],
    );
    assert.doesNotMatch(JSON.stringify(running.log.lines), /old-key|new-key|second-key|newest/);
  });

  test("leaves the old keys, with a warning, when it is broken or gone", async (context) => {
    const apiKeysPath = join(folderOf(context), "keys");
    writeFileSync(apiKeysPath, "good-key-of-this-test\n");
    const running = await startFollowing(context, { ...none, apiKeysPath });

    writeFileSync(apiKeysPath, "# nothing\n");
    const empty = await lineOf(running.log, "warn");
    writeFileSync(apiKeysPath, "good-key-of-this-test\ntwo words\n");
    await lineOf(running.log, "warn", 2);
    rmSync(apiKeysPath);
    await lineOf(running.log, "warn", 3);

    assert.match(String(empty.fields.reason), /holds no key/);
    assert.match(JSON.stringify(running.log.lines), /line 2: a key must be visible ASCII/);
    assert.doesNotMatch(JSON.stringify(running.log.lines), /good-key|two words/);
    assert.equal(await statusOf(running, "good-key-of-this-test"), 200);
  });

  test("must be there at the start, and hold keys", async (context) => {
    const apiKeysPath = join(folderOf(context), "keys");
    const open = () => openSecurity({ ...none, apiKeysPath }, { log: createRecordingLogger() });
    const isFault = (pattern: RegExp) => (error: unknown) =>
      error instanceof StartupError && pattern.test(error.message);

    await assert.rejects(open(), isFault(/^--api-keys-file cannot be read/));
    writeFileSync(apiKeysPath, "\n# none\n");
    await assert.rejects(open(), isFault(/^--api-keys-file holds no key/));
    writeFileSync(apiKeysPath, "key with blanks\n");
    await assert.rejects(open(), isFault(/^--api-keys-file, line 1: a key must be visible/));
    writeFileSync(apiKeysPath, "first-key\nZx9!,ab\n");
    await assert.rejects(open(), isFault(/^--api-keys-file, line 2: .* at least 8 characters/));
  });

  test("is warned of where a key may be guessed, at the start and when it changes", async (context) => {
    const apiKeysPath = join(folderOf(context), "keys");
    const [sound, weak] = ["a-key-of-this-test", "fifteen-letters"];
    writeFileSync(apiKeysPath, `${sound}\n${weak}\n`);

    const { log } = await startFollowing(context, { ...none, apiKeysPath });
    const isWarning = ({ message }: { readonly message: string }) => /may be guessed/.test(message);
    const atStart = await log.find(isWarning);
    writeFileSync(apiKeysPath, `${sound}\n${weak}\nshorter-key\n`);
    const afterwards = await log.find((line) => isWarning(line) && line !== atStart);

    assert.match(atStart.message, /^API keys shorter than 16 characters may be guessed/);
    assert.deepEqual([atStart.fields.keys, afterwards.fields.keys], [1, 2]);
    assert.doesNotMatch(JSON.stringify(log.lines), /fifteen-letters|shorter-key/);
  });
});

/** Connects and returns the socket once it is secure, and the server has said something over it. */
async function secure(
  context: TestContext,
  { port }: RunningServer,
  options: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer },
): Promise<TLSSocket> {
  const socket = connectTls({ ...options, port, host: "127.0.0.1", servername: "localhost" });
  context.after(() => socket.destroy());
  await once(socket, "secureConnect");
  await exchange(socket);
  return socket;
}

/** Asks for the health. With TLS 1.3 a client hears only now that its certificate was refused. */
async function exchange(socket: TLSSocket): Promise<void> {
  socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
  const end = once(socket, "close").then(() => {
    throw new Error("closed");
  });
  const [head] = await Promise.race([once(socket, "data"), end]);
  end.catch(() => undefined);
  assert.match(String(head), /^HTTP\/1\.1 200 /);
}

suite("the TLS files", () => {
  const pairs = {
    one: { cert: fixture("cert.pem"), key: fixture("key.pem") },
    other: { cert: fixture("other-cert.pem"), key: fixture("other-key.pem") },
  };

  const place = (context: TestContext) => {
    const folder = folderOf(context);
    const [certPath, keyPath] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    writeFileSync(certPath, pairs.one.cert);
    writeFileSync(keyPath, pairs.one.key);
    return { certPath, keyPath };
  };

  test("are read again: new connections get the new certificate, old ones live on", async (context) => {
    const paths = place(context);
    const tls = { ...paths, clientCaPath: undefined };
    const running = await startFollowing(context, { ...none, tls });
    const before = await secure(context, running, { ca: pairs.one.cert });

    // Half of the change is broken, and leaves the old pair.
    writeFileSync(paths.certPath, pairs.other.cert);
    const broken = await lineOf(running.log, "warn");
    await secure(context, running, { ca: pairs.one.cert });
    writeFileSync(paths.keyPath, pairs.other.key);
    await lineOf(running.log, "info");
    await secure(context, running, { ca: pairs.other.cert });
    await exchange(before);

    assert.match(broken.message, /broken: the old ones stay/);
    await assert.rejects(secure(context, running, { ca: pairs.one.cert }));
  });

  test("with a client authority let in clients of it alone", async (context) => {
    const paths = place(context);
    const clientCaPath = `${paths.certPath}.ca`;
    writeFileSync(clientCaPath, pairs.other.cert);
    const running = await startFollowing(context, { ...none, tls: { ...paths, clientCaPath } });
    const { cert: ca } = pairs.one;

    await secure(context, running, { ca, ...pairs.other });
    await assert.rejects(secure(context, running, { ca }));
    await assert.rejects(secure(context, running, { ca, ...pairs.one }));
    writeFileSync(clientCaPath, pairs.one.cert);
    await lineOf(running.log, "info");

    await secure(context, running, { ca, ...pairs.one });
    await assert.rejects(secure(context, running, { ca, ...pairs.other }));
  });

  test("must be there at the start", async () => {
    const tls = { certPath: "/nonexistent/a", keyPath: "/nonexistent/b", clientCaPath: undefined };

    await assert.rejects(
      openSecurity({ ...none, tls }, { log: createRecordingLogger() }),
      (error) => error instanceof StartupError && /^--tls-cert cannot be read/.test(error.message),
    );
  });
});
