/** One HTTP request, before it has the form of a version of HTTP. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case; without those that tell the length of the body. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}
