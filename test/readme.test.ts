import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { assertAlike } from "../scripts/docs/alike.ts";
import { servedPages } from "../scripts/docs/pages.ts";
import { runStep, titleOf } from "../scripts/docs/run-step.ts";
import { stepsOf } from "../scripts/docs/steps.ts";
import { openWorkspace, type Workspace } from "../scripts/docs/workspace.ts";
import { optionsTable } from "../src/config/options/help.ts";
import { interopTool } from "./interop/tools.ts";
import { packageRoot, type ServerProcess, startServerProcess } from "./server-process.ts";

const textOf = (page: string): string => readFileSync(join(packageRoot, page), "utf8");

const readme = textOf("README.md");

for (const page of servedPages) {
  suite(page, () => {
    let server: ServerProcess;
    let workspace: Workspace;
    before(async () => {
      server = await startServerProcess();
      workspace = await openWorkspace({ port: server.port });
    });
    after(async () => {
      workspace.close();
      await server.stop();
    });

    const grpcurl = interopTool("bin/grpcurl");
    const steps = stepsOf(textOf(page), { lenient: true });

    for (const step of steps) {
      const isGrpcurl = step.kind === "command" && step.command.startsWith("grpcurl");
      const skip = step.kind === "skipped" ? step.reason : isGrpcurl && grpcurl.skip;
      test(titleOf(step), { skip }, async () => {
        const result = await runStep(step, workspace);

        if (result) assertAlike(result.printed, result.shown);
      });
    }

    test("has commands", () => {
      const shown = steps.filter((step) => "output" in step);

      assert(shown.length >= 5);
    });
  });
}

suite("the README", () => {
  test("has a program to run", () => {
    assert(stepsOf(readme, { lenient: true }).some(({ kind }) => kind === "program"));
  });

  test("has the options table of the program, as docs/cli.md has those of its commands", () => {
    const commands = textOf("docs/cli.md");
    assert(readme.includes(optionsTable()), "run `npm run readme`");
    for (const command of ["pull", "rank", "health", "eval", "mcp"] as const) {
      assert(commands.includes(optionsTable(command)), "run `npm run readme`");
    }
  });
});
