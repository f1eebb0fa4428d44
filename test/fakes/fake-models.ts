import type { HealthState } from "../../src/engine/health-state.ts";
import type { Reranker } from "../../src/reranker/rerank-request.ts";
import {
  createServedModels,
  type ServedModel,
  type ServedModels,
} from "../../src/server/models/served-models.ts";
import { createFakeHealth } from "./fake-health.ts";
import { createFakeReranker, fakeModel } from "./fake-reranker.ts";

/** What a test may want of a model that is served. */
export interface FakeModelOptions {
  /** Default: the fake's name and a second one. */
  readonly names?: readonly [string, ...string[]];
  readonly reranker?: Reranker;
  readonly health?: HealthState;
}

/** Returns a model over a fake reranker. */
export function fakeServedModel({
  names = [fakeModel, "owner/alias"],
  reranker = createFakeReranker(),
  health = createFakeHealth({ model: names[0] }),
}: FakeModelOptions = {}): ServedModel {
  const revision = "0123456789abcdef0123456789abcdef01234567";
  return { names, reranker, health, revision, maxBatchTokens: 1024 };
}

/** Returns a server's models: one over a fake reranker, and the further ones. */
export function createFakeModels(
  options: FakeModelOptions = {},
  others: readonly ServedModel[] = [],
): ServedModels {
  return createServedModels([fakeServedModel(options), ...others]);
}
