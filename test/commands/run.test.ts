import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { suite, test } from "node:test";
import { cleanEnvironment, mainPath } from "../server-process.ts";

function rerankd(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [mainPath, ...args], {
    encoding: "utf8",
    env: cleanEnvironment(env),
  });
  return { status, stdout, stderr };
}

suite("rerankd", () => {
  test("prints its version", () => {
    for (const word of ["version", "--version"]) {
      const { status, stdout } = rerankd([word]);

      assert.equal(status, 0);
      assert.match(stdout, /^rerankd \d+\.\d+\.\d+\n$/);
    }
  });

  test("prints help on stdout when asked, and on stderr with status 2 when not", () => {
    assert.deepEqual(
      [rerankd(["--help"]), rerankd([])].map(({ status, stdout, stderr }) => [
        status,
        /Usage: rerankd COMMAND/.test(stdout),
        /Usage: rerankd COMMAND/.test(stderr),
      ]),
      [
        [0, true, false],
        [2, false, true],
      ],
    );
    assert.match(rerankd(["serve", "--help"]).stdout, /--port PORT/);
    assert.match(rerankd(["pull", "-h"]).stdout, /rerankd pull ID/);
    assert.match(rerankd(["rank", "-h"]).stdout, /rerankd rank \(-q QUERY \| --jsonl\)/);
  });

  test("ends with status 2 and every problem of the usage", () => {
    const { status, stderr } = rerankd(["serve", "--port=x", "--nope"], { RERANKER_DEVICE: "tpu" });

    assert.equal(status, 2);
    assert.equal(stderr.match(/^error: /gm)?.length, 3);
    assert.match(stderr, /^hint: see `rerankd serve --help`$/m);
  });

  test("names an unknown command", () => {
    const { status, stderr } = rerankd(["fly"]);

    assert.equal(status, 2);
    assert.match(stderr, /^error: `fly` is not a command$/m);
    assert.match(
      rerankd(["sevre"]).stderr,
      /^error: `sevre` is not a command; did you mean `serve`\?$/m,
    );
  });

  test("says on a line of its log, or as a note, which of its variables have no effect", () => {
    const env = { RERANKER_MODLE: "a", HF_HOME: "/nonexistent", HF_HUB_OFFLINE: "1" };
    const said = /RERANKER_MODLE is not a variable of rerankd, and has no effect; did you mean/;

    const served = rerankd(["serve", "--model-id=./none"], env).stderr;
    assert.match(served, said);
    assert.match(served, /^\{"level":"warn".*RERANKER_MODLE/m);
    assert.match(rerankd(["pull", "a/b"], env).stderr, /^note: RERANKER_MODLE/m);
  });

  for (const { name, args, error, env } of [
    {
      name: "a model that is neither id nor folder",
      args: ["serve", "--model-id=no-such-model"],
      error: /must be a hub id, a folder or `bundled`, got: `no-such-model`/,
    },
    {
      name: "a model to download whose name is none",
      args: ["pull", "no-such-model"],
      error: /a model on the hub is named owner\/name, got: `no-such-model`/,
      env: { HF_HUB_OFFLINE: "0" },
    },
    {
      name: "a revision of the bundled model",
      args: ["serve", "--model-id=bundled", "--revision=v1"],
      error: /--revision needs a hub id/,
    },
    {
      name: "a revision that is none",
      args: ["serve", "--model-id=a/b", "--revision=../x"],
      error: /--revision must be a branch, a tag or a commit, got: "\.\.\/x"/,
      env: { HF_HUB_OFFLINE: "0" },
    },
    {
      name: "a hub whose address is none",
      args: ["serve", "--model-id=a/b"],
      error: /HF_ENDPOINT must be an http or https address/,
      env: { HF_ENDPOINT: "huggingface.co" },
    },
  ]) {
    test(`ends with status 2 and a hint for ${name}`, () => {
      const { status, stderr } = rerankd(args, { HF_HOME: "/nonexistent", ...env });

      assert.equal(status, 2, stderr);
      assert.match(stderr, error);
      assert.match(stderr, /^hint: /m);
    });
  }

  for (const { name, args, error } of [
    {
      name: "a folder that is not there",
      args: ["serve", "--model-id=./no/such/folder"],
      error: /does not exist/,
    },
    {
      name: "a device that is not there",
      args: ["serve", "--model-id=bundled", "--device=cuda"],
      error: /the device `cuda` cannot be used/,
    },
    {
      name: "a dtype that the model lacks, with those it has",
      args: ["serve", "--model-id=bundled", "--dtype=q4"],
      error: /there are: int8/,
    },
    {
      name: "more tokens than the model reads",
      args: ["serve", "--model-id=bundled", "--max-length=4096"],
      error: /--max-length must be at most the model's own limit of 512, got: `4096`/,
    },
    {
      name: "a certificate that cannot be read",
      args: ["serve", "--model-id=bundled", "--tls-cert=no.pem", "--tls-key=no.pem"],
      error: /--tls-cert cannot be read/,
    },
    {
      name: "a hub model while offline",
      args: ["serve", "--model-id=owner/name"],
      error: /HF_HUB_OFFLINE is set/,
    },
  ]) {
    test(`ends with status 1 and a hint, without a stack, for ${name}`, () => {
      const { status, stderr } = rerankd([...args, "--port=0"], {
        HF_HUB_OFFLINE: "1",
        HF_HOME: "/nonexistent",
      });

      assert.equal(status, 1, stderr);
      assert.match(stderr, error);
      assert.doesNotMatch(stderr, /^\s+at /m);
    });
  }
});
