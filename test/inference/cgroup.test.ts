import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { readCgroupLimits } from "../../src/inference/cgroup.ts";

/** Returns the limits on a system that has these files. */
async function limitsOf(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), "cgroup-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return readCgroupLimits(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

suite("readCgroupLimits()", () => {
  test("takes the strictest limit of a group and those that it lies in", async () => {
    const limits = await limitsOf({
      "proc/self/cgroup": "0::/pod/box\n",
      "sys/fs/cgroup/pod/box/cpu.max": "max 100000\n",
      "sys/fs/cgroup/pod/cpu.max": "150000 100000\n",
      "sys/fs/cgroup/pod/box/memory.max": "2000\n",
      "sys/fs/cgroup/pod/memory.max": "1000\n",
    });

    assert.deepEqual(limits, { cpus: 1.5, memoryBytes: 1000 });
  });

  test("reads version 1", async () => {
    const limits = await limitsOf({
      "proc/self/cgroup": "4:memory:/box\n",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    });

    assert.deepEqual(limits, { cpus: 0.5, memoryBytes: undefined });
  });

  test("finds no limit where there is none", async () => {
    const none = { cpus: undefined, memoryBytes: undefined };
    assert.deepEqual(await limitsOf({}), none);
    const unlimited = {
      "proc/self/cgroup": "0::/\n",
      "sys/fs/cgroup/cpu.max": "max 100000\n",
      "sys/fs/cgroup/memory.max": "max\n",
    };
    assert.deepEqual(await limitsOf(unlimited), none);
  });
});
