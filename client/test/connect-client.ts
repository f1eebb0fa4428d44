import type { TestContext } from "node:test";
import {
  createRerankClient,
  type RerankClient,
  type RerankClientOptions,
  type TransportName,
} from "../src/index.ts";

/** Every way to reach a server. */
export const transportNames: readonly TransportName[] = ["grpc", "connect", "grpc-js"];

/** Returns a client that is closed with the test. */
export function connectClient(context: TestContext, options: RerankClientOptions): RerankClient {
  const client = createRerankClient(options);
  context.after(() => client.close());
  return client;
}

/** Whether an error is the client's, with this code and a message that matches. */
export function hasCode(code: string, message = /./): (error: unknown) => boolean {
  return (error) =>
    error instanceof Error &&
    error.name === "RerankClientError" &&
    "code" in error &&
    error.code === code &&
    message.test(error.message);
}
