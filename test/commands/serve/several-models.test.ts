import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { startRealServer } from "../../reliability/real-server.ts";
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

suite("models beside one that fails", () => {
  const ask = async (port: number, body: object) => {
    const response = await fetch(`http://127.0.0.1:${port}/rerank`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.status;
  };

  test("answer while its worker crashes and is restarted, and health tells it alone", async (context) => {
    const server = await startRealServer({ args: [`--model-id=second=${xlm}`] });
    context.after(() => server.end());
    const { port } = server;
    const health = async () => {
      const body = (await (await fetch(`http://127.0.0.1:${port}/health`)).json()) as {
        readonly models: readonly { readonly name: string; readonly status: string }[];
      };
      return body.models.map(({ status }) => status);
    };
    const seen = new Set<string>();
    const others: number[] = [];
    let isPoisoned = true;
    const watching = (async () => {
      while (isPoisoned) {
        others.push(await ask(port, { query: "q", documents: ["a"], model: "second" }));
        const [first = "", second = ""] = await health();
        seen.add(`first ${first}`).add(`second ${second}`);
      }
    })();

    const poisoned = await ask(port, { query: "q", documents: ["poison ".repeat(200)] });
    isPoisoned = false;
    await watching;

    assert(poisoned >= 500);
    assert.deepEqual(
      others.filter((status) => status !== 200),
      [],
    );
    assert(seen.has("first restarting"), [...seen].join(", "));
    assert(!seen.has("second restarting"));
  });

  test("have limits of their own", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "rerankd-models-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "rerankd.json");
    const models = [
      { id: bert, max_queue_tokens: 50 },
      { id: xlm, name: "second" },
    ];
    writeFileSync(path, JSON.stringify({ models }));
    const server = await startServerProcess([`--config=${path}`], { bundled: false });
    context.after(() => server.stop());
    const documents = Array.from({ length: 100 }, (_, at) => `a text that is number ${at}`);
    const askTogether = (model?: string) =>
      Promise.all(
        Array.from({ length: 8 }, () => ask(server.port, { query: "q", documents, model })),
      );

    const [firsts, seconds] = await Promise.all([askTogether(), askTogether("second")]);

    // Beside others nothing fits into its queue.
    assert(firsts.includes(422), firsts.join(", "));
    assert.deepEqual([...new Set(seconds)], [200]);
  });
});
