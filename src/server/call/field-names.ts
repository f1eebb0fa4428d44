import { RerankError } from "../../errors.ts";

/** Returns a dialect's name for the query, or for the document at a position of the request. */
export type FieldNames = (field: "query" | "documents", index: number | undefined) => string;

/** How the reranker's messages name what they are about. */
const fieldPattern = /`(query|documents)(?:\[(\d+)\])?`/g;

/**
 * Returns an error about the query or the documents with the names that a dialect has for them; any
 * other error as it is.
 */
export function renameFields(error: unknown, names: FieldNames): unknown {
  if (!(error instanceof RerankError) || error.field === undefined) return error;
  const rename = (text: string): string =>
    text.replaceAll(fieldPattern, (_match, name: "query" | "documents", index?: string) => {
      return `\`${names(name, index === undefined ? undefined : Number(index))}\``;
    });
  const field = rename(`\`${error.field}\``).slice(1, -1);
  if (field === error.field) return error;
  const { code, limit, retryAfterMs, position, cause } = error;
  return new RerankError(code, rename(error.message), {
    field,
    ...(limit !== undefined && { limit }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(position !== undefined && { position }),
    cause,
  });
}

/** Waits for a ranking; a failure has the names that a dialect has for the query and documents. */
export async function withFieldNames<Value>(
  names: FieldNames,
  ranking: Promise<Value>,
): Promise<Value> {
  try {
    return await ranking;
  } catch (error) {
    throw renameFields(error, names);
  }
}

/** Returns the names of a dialect that calls its query `query` and its documents otherwise. */
export function documentsCalled(name: string): FieldNames {
  return (field, index) => {
    if (field === "query") return field;
    return index === undefined ? name : `${name}[${index}]`;
  };
}
