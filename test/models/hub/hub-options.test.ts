import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readHubOptions } from "../../../src/models/hub/hub-options.ts";
import { makeTempFolder, writeFiles } from "../tiny-model.ts";

const caches: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{}, "/home/me/.cache/huggingface/hub"],
  [{ XDG_CACHE_HOME: "/xdg" }, "/xdg/huggingface/hub"],
  [{ XDG_CACHE_HOME: "/xdg", HF_HOME: "/hf" }, "/hf/hub"],
  [{ HF_HOME: "~/hf" }, "/home/me/hf/hub"],
  [{ HF_HOME: "$DATA/hf", DATA: "/data" }, "/data/hf/hub"],
  [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
  [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/hub" }, "/hub"],
];

/** What `os.homedir()` does for a user that the system does not list. */
const noHome = (): string => {
  throw Object.assign(new Error("A system error occurred: uv_os_homedir returned ENOENT"), {
    code: "ERR_SYSTEM_ERROR",
  });
};

suite("readHubOptions()", () => {
  for (const [env, cache] of caches) {
    test(`finds the cache ${cache} by ${Object.keys(env).join(", ") || "default"}`, async () => {
      const { cacheDirectory } = await readHubOptions({ HOME: "/home/me", ...env });

      assert.equal(cacheDirectory, cache);
    });
  }

  test("takes the token from HF_TOKEN before the token file", async (context) => {
    const home = await makeTempFolder(context);
    await writeFiles(home, { token: "hf_file\n" });

    assert.equal((await readHubOptions({ HF_HOME: home })).token, "hf_file");
    assert.equal((await readHubOptions({ HF_HOME: home, HF_TOKEN: " hf_env\n" })).token, "hf_env");
  });

  test("has no token where none is set", async (context) => {
    const home = await makeTempFolder(context);

    assert.equal((await readHubOptions({ HF_HOME: home, HF_TOKEN: "" })).token, undefined);
  });

  test("needs no home folder where the environment names the cache", async () => {
    for (const env of [{ HF_HOME: "/hf" }, { HF_HUB_CACHE: "/hf/hub" }]) {
      assert.equal((await readHubOptions(env, noHome)).cacheDirectory, "/hf/hub");
    }
    const { offline, token } = await readHubOptions({ HF_HUB_OFFLINE: "1" }, noHome);
    assert.deepEqual([offline, token], [true, undefined]);
  });

  test("says what to set where the user has no home folder", async () => {
    const options = await readHubOptions({}, noHome);

    for (const read of [() => options.cacheDirectory, () => options.homeDirectory]) {
      assert.throws(read, {
        name: "StartupError",
        message: "this user has no home folder, and HOME is not set",
        hint: /set HF_HOME/,
      });
    }
  });

  test("is offline if HF_HUB_OFFLINE is true", async () => {
    for (const value of ["1", "true", "YES", "on"]) {
      assert.equal((await readHubOptions({ HF_HUB_OFFLINE: value })).offline, true);
    }
    for (const value of ["0", "false", ""]) {
      assert.equal((await readHubOptions({ HF_HUB_OFFLINE: value })).offline, false);
    }
  });

  test("takes HF_ENDPOINT without a slash at its end", async () => {
    const { endpoint } = await readHubOptions({ HF_ENDPOINT: "https://mirror.example/hf/" });

    assert.equal(endpoint, "https://mirror.example/hf");
    assert.equal((await readHubOptions({})).endpoint, "https://huggingface.co");
  });

  for (const HF_ENDPOINT of ["mirror", "ftp://mirror", "https://user:pass@mirror"]) {
    test(`refuses the endpoint ${HF_ENDPOINT}`, async () => {
      await assert.rejects(readHubOptions({ HF_ENDPOINT }), {
        name: "StartupError",
        message: /HF_ENDPOINT must be an http or https address/,
      });
    });
  }
});
