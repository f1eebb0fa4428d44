import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { findFreePort } from "../../bench/process/child-server.ts";
import { assertAlike } from "../../scripts/docs/alike.ts";
import { codeBlocksOf } from "../../scripts/docs/code-blocks.ts";
import { copiedTables } from "../../scripts/docs/copied-tables.ts";
import { guidePages } from "../../scripts/docs/pages.ts";
import { runStep, titleOf } from "../../scripts/docs/run-step.ts";
import { stepsOf } from "../../scripts/docs/steps.ts";
import { openWorkspace, type Workspace } from "../../scripts/docs/workspace.ts";
import { packageRoot } from "../server-process.ts";

const textOf = (page: string): string => readFileSync(join(packageRoot, page), "utf8");

for (const page of guidePages) {
  suite(page, { skip: process.platform === "win32" && "its commands need a POSIX shell" }, () => {
    const steps = stepsOf(textOf(page));
    let workspace: Workspace;
    before(async () => {
      workspace = await openWorkspace({ port: await findFreePort() });
    });
    after(() => workspace.close());

    for (const step of steps) {
      const skip = step.kind === "skipped" && step.reason;
      test(titleOf(step), { skip }, async () => {
        const result = await runStep(step, workspace);

        if (result) assertAlike(result.printed, result.shown);
      });
    }

    test("runs more of its blocks than it leaves out", (t) => {
      const skipped = steps.filter(({ kind }) => kind === "skipped").length;
      const run = steps.length - skipped;
      t.diagnostic(`${page}: ${run} steps run, ${skipped} left out, each with its reason`);

      assert(run > skipped);
    });
  });
}

suite("the guides", () => {
  test("have the same sections and run the same commands", () => {
    const [english, korean] = guidePages.map(textOf);
    assert(english && korean);
    const headings = (text: string) => [...text.matchAll(/^(#+) /gm)].map(([, level]) => level);
    const languages = (text: string) => codeBlocksOf(text).map(({ language }) => language);

    assert.deepEqual(headings(korean), headings(english));
    assert.deepEqual(languages(korean), languages(english));
  });

  test("have the tables that were measured last", async () => {
    for (const { page, table } of await copiedTables(packageRoot)) {
      assert(textOf(page).includes(table), `${page}: run \`npm run readme\``);
    }
  });
});

suite("stepsOf()", () => {
  const block = (language: string, code: string) => `\`\`\`${language}\n${code}\n\`\`\`\n`;

  test("refuses a block that is neither run nor marked", () => {
    assert.throws(() => stepsOf(block("yaml", "a: 1")), /the block `a: 1` is not run/);
    assert.throws(() => stepsOf(block("text", "loose output")), /`loose output` is not run/);
  });

  test("takes the reason from the comment before a block", () => {
    const page = `<!-- not run: needs systemd -->\n${block("bash", "systemctl start rerankd")}`;

    assert.deepEqual(stepsOf(page), [
      { kind: "skipped", title: "systemctl start rerankd", reason: "needs systemd" },
    ]);
  });

  test("tells the commands of a console block and their outputs apart", () => {
    const page = `before\n${block("console", "$ one\nfirst\nsecond\n$ two")}`;

    const steps = stepsOf(page);

    const shown = steps.map((step) => step.kind === "command" && [step.command, step.output?.text]);
    assert.deepEqual(shown, [
      ["one", "first\nsecond\n"],
      ["two", ""],
    ]);
    const [first] = steps;
    assert(first?.kind === "command" && first.output);
    assert.equal(page.slice(first.output.from, first.output.to), "first\nsecond\n");
  });

  test("gives a script the output block that follows it", () => {
    const page = `${block("bash", "one \\\n  --two")}\nIt prints:\n\n${block("json", "{}")}`;

    const [step] = stepsOf(page);

    assert(step?.kind === "command");
    assert.deepEqual([step.command, step.output?.text], ["one \\\n  --two", "{}\n"]);
  });
});

suite("assertAlike()", () => {
  const shown = (text: string) => ({ text, from: 0, to: 0, layout: "lines" }) as const;

  test("lets pass what is new each time, and scores that are nearly equal", () => {
    assertAlike('{"id":"b","score":0.51}', shown('{"id":"a","score":0.5}'));
  });

  test("compares JSON over several lines as JSON", () => {
    const printed = (status: string, score: number) =>
      `{\n  "status": "${status}",\n  "score": ${score}\n}\n`;

    assertAlike(printed("SERVING", 0.51), shown(printed("SERVING", 0.5)));
    assert.throws(() => assertAlike(printed("UNKNOWN", 0.5), shown(printed("SERVING", 0.5))));
  });

  test("refuses other scores, names and lines", () => {
    assert.throws(() => assertAlike('{"score":0.6}', shown('{"score":0.5}')));
    assert.throws(() => assertAlike('{"model":"b"}', shown('{"model":"a"}')));
    assert.throws(() => assertAlike("one\ntwo", shown("one")));
  });
});
