import type { RealClient } from "../real-client.ts";
import { aiSdk } from "./ai-sdk.ts";
import { cohereClient, cohereClientV2 } from "./cohere-clients.ts";
import { langChain } from "./langchain.ts";

/** Every JavaScript client that is checked. */
export const javascriptClients: readonly RealClient[] = [
  cohereClient,
  cohereClientV2,
  aiSdk,
  langChain,
];
