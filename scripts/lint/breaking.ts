/**
 * Looks for changes of proto/ that would break clients of the last release: of the newest tag `v…` that
 * this commit follows, or of the branch `main` where there is none, and says which.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../test/server-process.ts";

const describe = ["describe", "--tags", "--abbrev=0", "--match=v*"];
const { stdout, status } = spawnSync("git", describe, { cwd: packageRoot, encoding: "utf8" });
const tag = status === 0 ? stdout.trim() : undefined;
process.stdout.write(
  tag === undefined
    ? "no tag v… here, so the contract is compared with that of the branch main\n"
    : `the contract is compared with that of ${tag}\n`,
);
const buf = join(packageRoot, "node_modules", "@bufbuild", "buf", "bin", "buf");
const against = `.git#${tag === undefined ? "branch=main" : `tag=${tag}`}`;
const run = spawnSync(process.execPath, [buf, "breaking", "--against", against], {
  cwd: packageRoot,
  stdio: "inherit",
});
process.exitCode = run.status ?? 1;
