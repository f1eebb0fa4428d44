import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type Info,
  type InfoResponseSchema,
  ModelType,
  type Rerank,
  type RerankResponseSchema,
} from "../../../../gen/tei/v1/tei_pb.ts";
import { RerankError } from "../../../errors.ts";
import { documentsCalled, type FieldNames, withFieldNames } from "../../call/field-names.ts";
import { countCharacters } from "../../call/timing-headers.ts";
import type { ServerLimits } from "../../limits.ts";
import type { ServedModels } from "../../models/served-models.ts";
import { rankCall, whileWaiting } from "../rank-call.ts";
import { collectTeiStream, type TeiStream } from "./tei-collect.ts";
import { requestOf, responseOf } from "./tei-message.ts";

/** The dependencies of the services of `tei.v1`. */
export interface TeiServiceOptions {
  readonly models: ServedModels;
  readonly limits: Pick<ServerLimits, "maxBodyBytes" | "maxConcurrentStreams" | "maxDocuments">;
}

type Ranking = MessageInitShape<typeof RerankResponseSchema>;

/** Threads of our own that turn texts into tokens. */
const tokenizationWorkers = 1;

/** A text of a stream came in a message of its own. */
const streamNames: FieldNames = (field) => (field === "query" ? field : "text");

/** Returns `tei.v1.Rerank` over a Reranker. */
export function createTeiRerankService(options: TeiServiceOptions): ServiceImpl<typeof Rerank> {
  const { limits } = options;
  const streamLimits = { maxTexts: limits.maxDocuments, maxBytes: limits.maxBodyBytes };

  async function rank(
    { query, texts, options: choices }: TeiStream,
    names: FieldNames,
    context: HandlerContext,
    signal: AbortSignal,
  ): Promise<Ranking> {
    const ranking = rankCall(options, context, signal, requestOf(query, texts, choices));
    const result = await withFieldNames(names, ranking);
    const characters = countCharacters(query, texts);
    return responseOf(result, texts, { returnText: choices.returnText, characters });
  }

  return {
    rerank: (message, context) =>
      whileWaiting(context, (signal) => {
        const { query, texts } = message;
        if (texts.length > 0) {
          return rank(
            { query, texts, options: message },
            documentsCalled("texts"),
            context,
            signal,
          );
        }
        throw new RerankError("invalid_argument", "`texts` must not be empty", { field: "texts" });
      }),
    rerankStream: (requests, context) =>
      whileWaiting(context, async (signal) => {
        const stream = await collectTeiStream(requests, streamLimits, signal);
        if (stream === undefined) return { ranks: [], metadata: {} };
        return await rank(stream, streamNames, context, signal);
      }),
  };
}

/** Returns `tei.v1.Info`: its messages name no model, so it tells of the first. */
export function createTeiInfoService(options: TeiServiceOptions): ServiceImpl<typeof Info> {
  const { models, limits } = options;
  return {
    info(): MessageInitShape<typeof InfoResponseSchema> {
      const { health, revision, maxBatchTokens } = models.all[0];
      const { model, dtype, maxLength, version } = health.report;
      return {
        version,
        modelId: model,
        ...(revision !== undefined && { modelSha: revision }),
        modelDtype: dtype,
        modelType: ModelType.RERANKER,
        maxConcurrentRequests: limits.maxConcurrentStreams,
        maxInputLength: maxLength,
        maxBatchTokens,
        maxClientBatchSize: limits.maxDocuments,
        tokenizationWorkers,
      };
    },
  };
}
