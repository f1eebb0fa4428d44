import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { suite, test } from "node:test";
import { type DownloadModelOptions, downloadModel } from "../../../src/models/hub/hub-download.ts";
import type { FakeHubModel } from "../../fakes/hub-server.ts";
import { startTinyHub } from "../tiny-hub.ts";
import { tinyHubModel } from "../tiny-model.ts";

interface RefusalCase {
  readonly title: string;
  readonly model?: Partial<FakeHubModel>;
  readonly env?: Readonly<Record<string, string>>;
  readonly change?: Partial<DownloadModelOptions>;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const refusals: readonly RefusalCase[] = [
  {
    title: "a model that does not exist",
    change: { id: "owner/none" },
    message: /there is no model `owner\/none`/,
    hint: /check the name/,
  },
  {
    title: "a name that the hub does not allow",
    change: { id: "../tiny" },
    message: /is named owner\/name, got: `\.\.\/tiny`/,
    hint: /the model's page/,
  },
  {
    title: "a revision that does not exist",
    change: { revision: "v9" },
    message: /`owner\/tiny` has no revision `v9`/,
    hint: /branch, a tag or a full commit hash/,
  },
  {
    title: "a private model without a token",
    model: { token: "secret" },
    message: /does not exist, is private or is gated \(HTTP 401\)/,
    hint: /set HF_TOKEN/,
  },
  {
    title: "a token that the hub does not take",
    model: { token: "secret" },
    env: { HF_TOKEN: "wrong" },
    message: /refused the token for `owner\/tiny` \(HTTP 401\)/,
    hint: /valid token/,
  },
  {
    title: "a gated model",
    model: { gated: true },
    message: /is gated, and access was not granted \(HTTP 403\)/,
    hint: /accept its terms at http:.*\/owner\/tiny, then set HF_TOKEN/,
  },
  {
    title: "weights of a type that the model does not have",
    change: { dtype: "q4" },
    message: /no ONNX file for dtype `q4`/,
    hint: /there are: fp32, int8; choose one with --dtype/,
  },
  {
    title: "a model without ONNX files",
    model: { files: { "config.json": Buffer.from("{}") } },
    message: /`owner\/tiny` has no ONNX file/,
    hint: /optimum-cli export onnx/,
  },
  {
    title: "the network while HF_HUB_OFFLINE is set",
    env: { HF_HUB_OFFLINE: "1" },
    message: /cannot be fetched while HF_HUB_OFFLINE is set/,
    hint: /unset HF_HUB_OFFLINE/,
  },
  {
    title: "a listing that names a file outside the model's folder",
    model: { listedNames: ["../../evil"] },
    message: /must only name files inside the model's folder, got: "\.\.\/\.\.\/evil"/,
    hint: /do not use this model/,
  },
  {
    title: "a commit that is no hash",
    model: { commit: "../../../evil" },
    message: /must give a commit hash/,
    hint: /HF_ENDPOINT/,
  },
  {
    title: "a revision that leaves the cache",
    change: { revision: "../../evil" },
    message: /--revision must be a branch, a tag or a commit/,
    hint: /./,
  },
];

suite("downloadModel() refuses", () => {
  for (const { title, model, env, change, message, hint } of refusals) {
    test(title, async (context) => {
      const { options, repo } = await startTinyHub(context, tinyHubModel(model), env);

      await assert.rejects(downloadModel({ ...options, ...change }), {
        name: "StartupError",
        message,
        hint,
      });

      await assert.rejects(access(repo));
    });
  }
});
