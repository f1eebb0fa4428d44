import assert from "node:assert/strict";
import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import {
  findSnapshot,
  isHubId,
  linkBlob,
  repoDirectory,
  writeRef,
} from "../../../src/models/hub/hub-cache.ts";
import { makeTempFolder, tinyCommit, writeFiles } from "../tiny-model.ts";

suite("isHubId()", () => {
  test("takes owner/name", () => {
    for (const id of ["jinaai/jina-reranker-v2-base-multilingual", "A_b.c-d/1.5b", "a/b"]) {
      assert.equal(isHubId(id), true, id);
    }
  });

  test("refuses what the hub refuses", () => {
    const refused = [
      "",
      "gpt2",
      "a/b/c",
      "a--b/c",
      "a/..",
      "../a",
      "a/b..c",
      ".a/b",
      "a/-b",
      "a/b.git",
    ];
    for (const id of [...refused, "a b/c", "모델/a", "a/b\n", "/a", "a/", `a/${"b".repeat(97)}`]) {
      assert.equal(isHubId(id), false, id);
    }
  });
});

suite("findSnapshot()", () => {
  test("follows a branch, a nested ref and a commit", async (context) => {
    const cache = await makeTempFolder(context);
    const repo = repoDirectory(cache, "owner/name");
    await writeFiles(repo, {
      "refs/main": tinyCommit,
      "refs/refs/pr/1": `${tinyCommit}\n`,
      [`snapshots/${tinyCommit}/config.json`]: "{}",
    });

    const expected = { directory: join(repo, "snapshots", tinyCommit), commit: tinyCommit };
    for (const revision of ["main", "refs/pr/1", tinyCommit]) {
      assert.deepEqual(await findSnapshot(cache, "owner/name", revision), expected);
    }
  });

  test("finds nothing where a ref, its snapshot or the model is missing", async (context) => {
    const cache = await makeTempFolder(context);
    const repo = repoDirectory(cache, "owner/name");
    await writeFiles(repo, { "refs/main": tinyCommit });

    for (const revision of ["main", "v1.0", tinyCommit]) {
      assert.equal(await findSnapshot(cache, "owner/name", revision), undefined);
    }
    assert.equal(await findSnapshot(cache, "owner/other", "main"), undefined);
  });

  test("does not follow a ref that holds no commit", async (context) => {
    const cache = await makeTempFolder(context);
    const repo = repoDirectory(cache, "owner/name");
    await writeFiles(repo, { "refs/main": "../../..", "snapshots/x": "" });

    assert.equal(await findSnapshot(cache, "owner/name", "main"), undefined);
  });

  test("refuses a revision that leaves the refs", async () => {
    await assert.rejects(findSnapshot("/cache", "owner/name", "../main"), { name: "StartupError" });
  });
});

suite("writeRef()", () => {
  test("replaces a ref", async (context) => {
    const repo = await makeTempFolder(context);
    await writeRef(repo, "main", "b".repeat(40));

    await writeRef(repo, "main", tinyCommit);

    assert.equal(await readFile(join(repo, "refs", "main"), "utf8"), tinyCommit);
  });
});

suite("linkBlob()", () => {
  test("replaces a link that leads nowhere", async (context) => {
    const repo = await makeTempFolder(context);
    await writeFiles(repo, { "blobs/b": "bytes" });
    const pointer = join(repo, "snapshots", "c", "onnx", "model.onnx");
    await linkBlob(join(repo, "blobs", "gone"), pointer);

    await linkBlob(join(repo, "blobs", "b"), pointer);

    assert.equal(await readlink(pointer), "../../../blobs/b");
    assert.equal(await readFile(pointer, "utf8"), "bytes");
  });
});
