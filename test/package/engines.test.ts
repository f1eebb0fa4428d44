import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { satisfies, subset } from "semver";
import { parse } from "yaml";
import { packageRoot } from "../server-process.ts";

/** What is read of a package in the lock file. */
interface LockedPackage {
  readonly version: string;
  readonly engines?: { readonly node?: string };
  readonly optional?: boolean;
}

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");
const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
const lock = JSON.parse(read("package-lock.json")) as {
  packages: Readonly<Record<string, LockedPackage>>;
};

/** The Nodes that the tests are run on: the oldest that is supported, and every line since. */
const nodes = ["20.19", "22", "24", "26"];

suite("the Nodes that the package is for", () => {
  test("are those that are tested, and not 21, which dependencies leave out", () => {
    for (const node of nodes) assert(subset(`^${node}`, engines.node), node);
    assert(!satisfies("20.18.3", engines.node));
    assert(!satisfies("21.7.3", engines.node));
  });

  // npm warns otherwise, and yarn and npm's `engine-strict` do not install. Of optional packages,
  // which are binaries for one platform each, npm leaves out without a word what does not fit.
  test("are all admitted by every dependency, and by what that depends on", () => {
    const unfit = Object.entries(lock.packages)
      .filter(([, { optional }]) => !optional)
      .map(([path, { version, engines: theirs }]) => ({ path, version, node: theirs?.node }))
      .filter(({ node }) => node !== undefined && !subset(engines.node, node));

    assert.deepEqual(unfit, []);
    assert(Object.keys(lock.packages).length > 100);
  });

  test("are what .nvmrc, CI on this machine and hosted CI run", () => {
    const workflow = parse(read(".github/workflows/ci.yml"));
    const script = read(".ci/run");

    assert.deepEqual(workflow.jobs.test.strategy.matrix.node, nodes);
    assert.match(script, new RegExp(`^oldest=${nodes.at(0)?.replace(".", "\\.")}$`, "m"));
    assert.match(script, new RegExp(`^newest=${nodes.at(-1)}$`, "m"));
    assert(nodes.includes(read(".nvmrc").trim()));
  });
});
