import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, before, suite, type TestContext, test } from "node:test";
import { type FakeHub, startHubServer } from "../fakes/hub-server.ts";
import { makeTempFolder } from "../models/tiny-model.ts";
import { cleanEnvironment, mainPath, startServerProcess } from "../server-process.ts";
import { hubModelOf, publishedModels } from "./published-models.ts";

const query = "When does the train leave?";
const documents = [
  "The bread needs flour.",
  "The train leaves at seven.",
  "Der Zug fährt um sieben.",
];

/** What is looked at of an answer of either route. */
interface Answer {
  readonly results: readonly { readonly index: number; readonly relevance_score: number }[];
  readonly data: readonly { readonly score: number }[];
}

suite("the first steps of the guide, with each of the most used rerankers", () => {
  let hub: FakeHub;
  before(async () => {
    hub = await startHubServer(publishedModels.map(hubModelOf));
  });
  after(() => hub.close());

  const run = async (args: readonly string[], env: Record<string, string>, input = "") => {
    const child = spawn(process.execPath, [mainPath, ...args], {
      env: cleanEnvironment(env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(input);
    const exited = once(child, "exit");
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await exited;
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const environment = async (context: TestContext) => ({
    HF_HOME: await makeTempFolder(context),
    HF_ENDPOINT: hub.endpoint,
  });

  for (const published of publishedModels) {
    const { id, activation, license } = published;
    test(`pull, serve, rank ${id}`, async (context) => {
      const env = await environment(context);
      const folder = await run(["pull", id], env);
      assert.match(folder, /snapshots/);
      hub.requests.length = 0;

      const server = await startServerProcess([`--model-id=${id}`], { env, bundled: false });
      context.after(() => server.stop());
      assert.equal(hub.requests.length, 0);
      assert.equal(server.ready.model, id);
      const isNonCommercial = server.lines.some((line) => line.includes("not for commercial use"));
      assert.equal(isNonCommercial, license === "cc-by-nc-4.0");

      const post = async (path: string, body: object): Promise<Answer> => {
        const response = await fetch(`${server.url}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        assert.equal(response.status, 200);
        return (await response.json()) as Answer;
      };
      const { results } = await post("/rerank", { model: id, query, documents });
      const raw = await post("/rerank", { query, documents, raw_scores: true });
      const { data } = await post("/v1/score", { text_1: query, text_2: documents });

      assert.equal(results.length, documents.length);
      for (const [i, { index, relevance_score: score }] of results.entries()) {
        const logit = raw.results[i]?.relevance_score ?? Number.NaN;
        assert.equal(raw.results[i]?.index, index);
        assert(Math.abs(score - 1 / (1 + Math.exp(-logit))) < 1e-6);
        // vLLM applies what the model's authors do.
        assert(
          Math.abs(
            (data[index]?.score ?? Number.NaN) - (activation === "sigmoid" ? score : logit),
          ) < 1e-6,
        );
      }

      const ranked = await run(
        ["rank", "--query", query, "--json", "--model-id", id],
        env,
        documents.join("\n"),
      );
      const lines = ranked
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        lines.map(({ index }) => index),
        results.map(({ index }) => index),
      );
      assert(lines.every(({ relevance_score: score }, i) => score === results[i]?.relevance_score));
    });
  }

  test("the default model is served once it is pulled, whatever is set", async (context) => {
    const env = await environment(context);
    const [jina] = publishedModels;
    assert(jina);
    await run(["pull", jina.id], env);

    const server = await startServerProcess([], { env, bundled: false });
    context.after(() => server.stop());

    assert.equal(server.ready.model, jina.id);
  });
});
