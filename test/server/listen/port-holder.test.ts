import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { findPortHolder } from "../../../src/server/listen/port-holder.ts";

const isLinux = process.platform === "linux";

/** Makes a folder as the kernel does: one process, whose socket listens on port 80. */
async function fakeProc(commandLine: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "proc-"));
  await mkdir(join(folder, "net"));
  const line = "0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1";
  await writeFile(join(folder, "net", "tcp"), `  sl  local_address\n   ${line}\n`);
  await mkdir(join(folder, "12", "fd"), { recursive: true });
  await symlink("socket:[77]", join(folder, "12", "fd", "3"));
  await writeFile(join(folder, "12", "cmdline"), commandLine);
  return folder;
}

suite("findPortHolder()", () => {
  test("finds the process that listens", { skip: !isLinux && "needs /proc" }, async (context) => {
    const server = createServer().listen(0, "127.0.0.1");
    context.after(() => server.close());
    await once(server, "listening");
    const address = server.address();
    assert(typeof address === "object" && address);

    const holder = findPortHolder(address.port);

    assert.equal(holder?.pid, process.pid);
    assert.match(holder.program, /^node/);
  });

  test("names a program and its script, but no arguments, which may be secret", async (context) => {
    const folders = [
      await fakeProc("/usr/bin/node\0/usr/bin/rerankd\0serve\0--api-key=secret-key\0"),
      await fakeProc("/usr/sbin/nginx\0-p\0secret\0"),
      await fakeProc("node\0--token=secret\0"),
    ];
    context.after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

    const holders = folders.map((folder) => findPortHolder(80, folder));

    assert.deepEqual(holders, [
      { pid: 12, program: "node rerankd" },
      { pid: 12, program: "nginx" },
      { pid: 12, program: "node" },
    ]);
  });

  test("tells nothing of a free port, or where the system does not tell", async (context) => {
    const folder = await fakeProc("nginx\0");
    context.after(() => rm(folder, { recursive: true }));

    assert.equal(findPortHolder(81, folder), undefined);
    assert.equal(findPortHolder(80, join(folder, "nowhere")), undefined);
  });
});
