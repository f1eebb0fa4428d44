import { LongDocuments, TruncationDirection } from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import { RerankError } from "../../../errors.ts";
import type { RerankRequest } from "../../../reranker/rerank-request.ts";

/**
 * Returns what the contract's `long_documents` asks for. Throws RerankError `invalid_argument` if
 * it has a number that this server does not know.
 */
export function longDocumentsOf(value: LongDocuments): RerankRequest["longDocuments"] {
  switch (value) {
    case LongDocuments.UNSPECIFIED:
      return undefined;
    case LongDocuments.TRUNCATE:
      return "truncate";
    case LongDocuments.WINDOWS:
      return "windows";
    default:
      throw unknown("long_documents", ["LONG_DOCUMENTS_TRUNCATE", "LONG_DOCUMENTS_WINDOWS"], value);
  }
}

/**
 * Returns what the contract's `truncation_direction` asks for. Throws RerankError
 * `invalid_argument` if it has a number that this server does not know.
 */
export function truncationDirectionOf(
  value: TruncationDirection,
): RerankRequest["truncationDirection"] {
  switch (value) {
    case TruncationDirection.UNSPECIFIED:
      return undefined;
    case TruncationDirection.LEFT:
      return "left";
    case TruncationDirection.RIGHT:
      return "right";
    default:
      throw unknown(
        "truncation_direction",
        ["TRUNCATION_DIRECTION_LEFT", "TRUNCATION_DIRECTION_RIGHT"],
        value,
      );
  }
}

function unknown(field: string, names: readonly string[], value: number): RerankError {
  const message = `\`${field}\` must be ${names.join(" or ")}, got: \`${value}\``;
  return new RerankError("invalid_argument", message, { field });
}
