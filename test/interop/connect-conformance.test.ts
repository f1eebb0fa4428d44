import assert from "node:assert/strict";
import { join } from "node:path";
import { suite, test } from "node:test";
import { packageRoot } from "../server-process.ts";
import { interopTool, runTool } from "./tools.ts";

const conformance = interopTool("bin/connectconformance");

/** Lists of cases and features, in the repository. */
const file = (name: string): string => join(packageRoot, "test/interop/conformance", name);

/** A program under test, compiled. */
const program = (name: string): string =>
  join(packageRoot, "dist/test/interop/conformance", `${name}.js`);

const server = [process.execPath, program("server")];

/** One server process at a time: each takes a core while it starts, and has ten seconds for it. */
const maxServers = ["--max-servers", "1"];

/** Known failures, which must fail, and flaky cases, which may: each list says why. */
const known = (kind: "failing" | "flaky", name: string): string[] => [
  `--known-${kind}`,
  `@${file(`${name}-${kind}.txt`)}`,
];

const runs = [
  {
    what: "the server",
    args: [
      ...["--mode", "server", "--conf", file("server.yaml"), ...maxServers],
      ...known("flaky", "server"),
      ...["--", ...server],
    ],
    leastCases: 3_000,
  },
  ...(["grpc", "grpc-js"] as const).map((transport) => ({
    what: `the client library over ${transport} and Connect`,
    args: [
      ...["--mode", "client", "--conf", file("client.yaml"), ...maxServers],
      ...known("failing", `client-${transport}`),
      ...known("flaky", `client-${transport}`),
      ...["--", process.execPath, program("client"), transport],
    ],
    leastCases: 500,
  })),
  {
    what: "the client library and the server together",
    args: [
      ...["--mode", "both", "--conf", file("client.yaml"), ...maxServers],
      ...known("flaky", "client-grpc"),
      ...["--", process.execPath, program("client"), "grpc", "----", ...server],
    ],
    leastCases: 200,
  },
];

suite("the Connect conformance suite", { skip: conformance.skip }, () => {
  for (const { what, args, leastCases } of runs) {
    test(`passes for ${what}`, async (context) => {
      const { code, stdout, stderr } = await runTool(conformance.path, ...args);

      const output = `${stdout}${stderr}`;
      const failed = output.split("\n").filter((line) => /^(FAILED|INFO|\t)/.test(line));
      assert.equal(code, 0, `${failed.join("\n")}\n${output.slice(-2_000)}`);
      const passed = Number(/^(\d+) passed/m.exec(output)?.[1]);
      context.diagnostic(`${passed} cases passed`);
      assert(passed > leastCases, output.slice(-2_000));
    });
  }
});
