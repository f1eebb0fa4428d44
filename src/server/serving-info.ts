/** What the server reports about itself besides its health. Fixed from the start. */
export interface ServingInfo {
  /** The names under which requests may ask for the model; the first is its own. */
  readonly servedModels: readonly [string, ...string[]];
  /** The model's commit on the hub; absent for a local folder. */
  readonly revision?: string | undefined;
  /** Most documents in one request. */
  readonly maxDocuments: number;
  /** Most tokens of one inference. */
  readonly maxBatchTokens: number;
}
