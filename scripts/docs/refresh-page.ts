import { isAlike } from "./alike.ts";
import { runStep, type StepResult } from "./run-step.ts";
import { type ShownOutput, type Step, stepsOf } from "./steps.ts";
import type { Workspace } from "./workspace.ts";

/** How a page is refreshed. */
export interface RefreshOptions {
  readonly workspace: Workspace;
  /** Leaves out blocks that have no role, instead of failing. */
  readonly lenient?: boolean;
  /** Steps that are to be left as they are. */
  readonly isLeftOut?: (step: Step) => boolean;
}

/**
 * Runs the code blocks of a page and returns it with the outputs of now. An output that differs only
 * in what is new each time stays.
 */
export async function refreshPage(page: string, options: RefreshOptions): Promise<string> {
  const { workspace, lenient = false, isLeftOut = () => false } = options;
  const results: StepResult[] = [];
  for (const step of stepsOf(page, { lenient })) {
    const result = isLeftOut(step) ? undefined : await runStep(step, workspace);
    if (result && !isAlike(result.printed, result.shown)) results.push(result);
  }
  return results.reduceRight(
    (text, { printed, shown }) =>
      text.slice(0, shown.from) + layOut(printed, shown.layout) + text.slice(shown.to),
    page,
  );
}

function layOut(printed: string, layout: ShownOutput["layout"]): string {
  const text = printed.trim();
  if (layout === "json") return `${layOutAnswer(JSON.parse(text))}\n`;
  return text === "" ? "" : `${text}\n`;
}

/** Returns an object with a line for each field, and for each element of a list. */
function layOutAnswer(answer: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(answer).map(([name, value]) => {
    const text = Array.isArray(value)
      ? `[\n${value.map((element) => `    ${JSON.stringify(element)}`).join(",\n")}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${fields.join(",\n")}\n}`;
}
