import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { runProgram } from "../../run-program.ts";
import { packageRoot, type ServerProcess, startServerProcess } from "../../server-process.ts";

const bert = join(packageRoot, "test/fixtures/tiny-bert");
const xlm = join(packageRoot, "test/fixtures/tiny-xlm-r");

async function rank(url: string, model?: string) {
  const response = await fetch(`${url}/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "red fruit", documents: ["an apple", "a bus"], model }),
  });
  const answer = (await response.json()) as {
    readonly model: string;
    readonly results: readonly { readonly relevance_score: number }[];
  };
  const scores = answer.results.map(({ relevance_score }) => relevance_score);
  return { model: answer.model, scores };
}

suite("rerankd serve with two models", () => {
  let server: ServerProcess;
  before(async () => {
    server = await startServerProcess([`--model-id=${bert}`, `--model-id=second=${xlm}`], {
      bundled: false,
    });
  });
  after(() => server.stop());

  test("says which are ready, and tells the lines of each by its name", () => {
    assert.deepEqual(server.ready.models, ["tiny-bert", "second"]);
    assert.equal(server.ready.model, "tiny-bert");
  });

  test("ranks with the model of the name, as a server of that model alone does", async (context) => {
    const alone = await startServerProcess([`--model-id=${xlm}`], { bundled: false });
    context.after(() => alone.stop());

    const first = await rank(server.url);
    const second = await rank(server.url, "second");

    assert.deepEqual([first.model, second.model], ["tiny-bert", "second"]);
    assert.notDeepEqual(first.scores, second.scores);
    assert.deepEqual(second.scores, (await rank(alone.url)).scores);
  });

  test("has metrics of each", async () => {
    await rank(server.url, "second");

    const text = await (await fetch(`${server.url}/metrics`)).text();

    for (const model of ["tiny-bert", "second"]) {
      assert.match(text, new RegExp(`^rerankd_model_ready\\{model="${model}"\\} 1$`, "m"));
      assert.match(text, new RegExp(`^rerankd_queue_tokens\\{model="${model}"\\} 0$`, "m"));
    }
    assert.match(text, /^rerankd_rankings_total\{model="second",outcome="ok"\} [1-9]/m);
  });

  test("refuses to start where both have one name", async () => {
    const { code, stderr } = await runProgram([
      "serve",
      "--port=0",
      `--model-id=${bert}`,
      `--model-id=${bert}`,
    ]);

    assert.equal(code, 2);
    assert.match(stderr, /models 1 and 2 have the same name, `tiny-bert`/);
  });
});
