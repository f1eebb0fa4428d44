import { RerankError } from "../errors.ts";

/** Returns a RerankError with the position of the request that it is about; others as they are. */
export function errorAt(position: number, error: unknown): unknown {
  if (!(error instanceof RerankError)) return error;
  const { code, message, field, limit, retryAfterMs } = error;
  return new RerankError(code, message, {
    ...(field !== undefined && { field }),
    ...(limit !== undefined && { limit }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    position,
    cause: error,
  });
}

/** Returns what `run` returns; what it throws has the position of the request. */
export function atPosition<Value>(position: number, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    throw errorAt(position, error);
  }
}
