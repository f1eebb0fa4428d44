import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, type TestContext, test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { runProgram } from "../run-program.ts";
import { startServer } from "../server/start-server.ts";
import { cleanEnvironment, mainPath, packageRoot, startServerProcess } from "../server-process.ts";

/** What a tool answers. */
interface Answer {
  readonly isError?: boolean;
  readonly content: readonly { readonly text?: string }[];
  readonly structuredContent?: Record<string, unknown>;
}

/** Starts `rerankd mcp` and connects the SDK's own client to it. */
async function connect(
  args: readonly string[],
  context: TestContext,
  variables: Readonly<Record<string, string>> = {},
): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  context.after(() => client.close());
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [mainPath, "mcp", ...args],
      env: cleanEnvironment(variables) as Record<string, string>,
      stderr: "inherit",
    }),
  );
  return client;
}

async function call(client: Client, name: string, args: object): Promise<Answer> {
  return (await client.callTool({ name, arguments: { ...args } })) as unknown as Answer;
}

const resultsOf = ({ structuredContent }: Answer) =>
  structuredContent?.results as readonly Readonly<Record<string, unknown>>[];

suite("rerankd mcp", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "mcp-"));
    const root = join(folder, "root");
    await mkdir(join(root, "notes"), { recursive: true });
    await mkdir(join(root, "node_modules"));
    await writeFile(join(root, "notes", "short.txt"), "a short note");
    await writeFile(
      join(root, "notes", "long.txt"),
      "a note that has many more words than the other",
    );
    await writeFile(join(root, "notes", "image.bin"), Buffer.from([0xff, 0xfe, 0x00]));
    await writeFile(join(root, "notes", ".hidden"), "a hidden note");
    await writeFile(join(root, "node_modules", "code.txt"), "what others wrote");
    await writeFile(join(folder, "secret.txt"), "nobody may read this");
    await symlink(join(folder, "secret.txt"), join(root, "link.txt"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  test("lists two tools with schemas, which say that they change nothing", async (context) => {
    const client = await connect(["--url=http://127.0.0.1:1"], context);

    const { tools } = await client.listTools();

    assert.deepEqual(
      tools.map(({ name, inputSchema, annotations }) => [
        name,
        inputSchema.required?.toSorted(),
        annotations?.readOnlyHint,
      ]),
      [
        ["rerank", ["documents", "query"], true],
        ["rank_files", ["paths", "query"], true],
      ],
    );
    assert.equal(client.getServerVersion()?.name, "rerankd");
  });

  test("reranks texts with a server, as structure and as text", async (context) => {
    const { url } = await startServer(context);
    const client = await connect([`--url=${url}`], context);

    const answer = await call(client, "rerank", {
      query: "x",
      documents: ["short", "the longest of all", "in between"],
      top_n: 2,
    });

    assert.equal(answer.structuredContent?.model, "fake-model");
    assert.deepEqual(
      resultsOf(answer).map(({ index, text }) => [index, text]),
      [
        [1, "the longest of all"],
        [2, "in between"],
      ],
    );
    assert.deepEqual(JSON.parse(answer.content[0]?.text ?? ""), answer.structuredContent);
  });

  test("asks a server of several models for the one of the command", async (context) => {
    const fixtures = join(packageRoot, "test/fixtures");
    const server = await startServerProcess(
      [`--model-id=${fixtures}/tiny-bert`, `--model-id=second=${fixtures}/tiny-xlm-r`],
      { bundled: false },
    );
    context.after(() => server.stop());
    const ask = async (args: readonly string[], env: Record<string, string> = {}) => {
      const client = await connect([`--url=${server.url}`, ...args], context, env);
      return await call(client, "rerank", { query: "red fruit", documents: ["an apple", "a bus"] });
    };

    const first = await ask([]);
    const second = await ask(["--model=second"]);
    const ofVariable = await ask([], { RERANKER_MODEL: "second" });
    const unknown = await ask(["--model=third"]);

    assert.deepEqual(
      [first, second, ofVariable].map(({ structuredContent }) => structuredContent?.model),
      ["tiny-bert", "second", "second"],
    );
    assert.notDeepEqual(resultsOf(first), resultsOf(second));
    assert.equal(unknown.isError, true);
    assert.match(
      unknown.content[0]?.text ?? "",
      /`model` must be one that is served \(`tiny-bert`, `second`\), got: `third`/,
    );
  });

  test("ranks the text files of a folder, and says what it left out", async (context) => {
    const { url } = await startServer(context);
    const client = await connect([`--url=${url}`, `--root=${join(folder, "root")}`], context);

    const answer = await call(client, "rank_files", { query: "x", paths: ["."] });

    assert.deepEqual(
      resultsOf(answer).map(({ path }) => path),
      [join("notes", "long.txt"), join("notes", "short.txt")],
    );
    assert.deepEqual(answer.structuredContent?.skipped, [
      { path: join("notes", "image.bin"), reason: "no text in UTF-8" },
    ]);
  });

  test("reads nothing outside its roots", async (context) => {
    const client = await connect(
      ["--url=http://127.0.0.1:1", `--root=${join(folder, "root")}`],
      context,
    );

    for (const path of ["../secret.txt", join(folder, "secret.txt"), "link.txt", "../none.txt"]) {
      const answer = await call(client, "rank_files", { query: "x", paths: [path] });
      assert.equal(answer.isError, true);
      assert.equal(
        answer.content[0]?.text,
        `paths: \`${path}\` is not in a folder that may be read`,
      );
    }
    const missing = await call(client, "rank_files", { query: "x", paths: ["none.txt"] });
    assert.equal(missing.content[0]?.text, "paths: `none.txt` does not exist");
  });

  test("tells a wrong argument, and a server that is not there", async (context) => {
    const client = await connect(["--url=http://127.0.0.1:1"], context);

    const wrong = await call(client, "rerank", { query: "x", documents: [] });
    const gone = await call(client, "rerank", { query: "x", documents: ["a"] });

    assert.deepEqual([wrong.isError, gone.isError], [true, true]);
    assert.match(wrong.content[0]?.text ?? "", /documents/);
    assert.match(gone.content[0]?.text ?? "", /cannot be reached|unreachable|ECONNREFUSED/);
  });

  test("runs the bundled model in the process, with the best line of a file", async (context) => {
    const file = join(folder, "root", "notes", "fruit.txt");
    await writeFile(file, `${"nothing of use here\n".repeat(600)}an apple is a red fruit\n`);
    context.after(() => rm(file));
    const client = await connect(
      [
        "--model-id=bundled",
        "--threads=1",
        "--spinning=off",
        "--max-length=128",
        `--root=${join(folder, "root")}`,
      ],
      context,
    );

    const answer = await call(client, "rank_files", { query: "red fruit", paths: ["notes"] });

    const [best] = resultsOf(answer);
    assert.equal(best?.path, join("notes", "fruit.txt"));
    assert(Number(best.line) > 500, String(best.line));
    assert.match(String(best.text), /an apple is a red fruit/);
  });

  test("refuses a root that is no folder", async () => {
    const { code, stderr } = await runProgram(["mcp", "--root=/nowhere"]);

    assert.equal(code, 1);
    assert.match(stderr, /^error: --root must be a folder that can be read, got: `\/nowhere`/);
  });
});
