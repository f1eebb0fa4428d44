import { firstCodePoints } from "../../src/characters.ts";
import type { ShownOutput, Step } from "./steps.ts";
import type { Workspace } from "./workspace.ts";

/** What a step printed, and what the page shows of it. */
export interface StepResult {
  readonly printed: string;
  readonly shown: ShownOutput;
}

/** The file that a page's unnamed program is in. */
const programFile = "example.mjs";

/**
 * Does a step. Returns what it printed where the page shows an output. Rejects if a command without
 * one, or a server, fails.
 */
export async function runStep(step: Step, workspace: Workspace): Promise<StepResult | undefined> {
  switch (step.kind) {
    case "file":
      workspace.write(step.name, step.content);
      return undefined;
    case "serve":
      mustSucceed(await workspace.serve(step.command), step.command);
      return undefined;
    case "command": {
      const { code, stdout } = await workspace.run(step.command);
      if (step.output === undefined) {
        mustSucceed(code, step.command);
        return undefined;
      }
      return { printed: stdout, shown: step.output };
    }
    case "program": {
      workspace.write(programFile, step.code);
      const { code, stdout } = await workspace.run(`node ${programFile}`);
      mustSucceed(code, programFile);
      return { printed: stdout, shown: step.output };
    }
    case "skipped":
      return undefined;
  }
}

/** Returns in one line what a step does. */
export function titleOf(step: Step): string {
  switch (step.kind) {
    case "file":
      return `has the file ${step.name}`;
    case "serve":
      return `serves with \`${step.command}\``;
    case "command":
      return `${step.output ? "shows what" : "runs"} \`${firstLineOf(step.command)}\`${step.output ? " prints" : ""}`;
    case "program":
      return "has a TypeScript client that prints what is shown";
    case "skipped":
      return `leaves out \`${firstLineOf(step.title)}\``;
  }
}

function firstLineOf(text: string): string {
  const longest = 60;
  const line = text.split("\n").find((words) => !words.startsWith("#")) ?? text;
  return firstCodePoints(line, longest);
}

function mustSucceed(code: number | null, command: string): void {
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}`);
}
