/**
 * Calls a server and closes its client, or leaves it open if asked; the process must end by itself.
 * Prints which packages were loaded.
 */
import { createRequire } from "node:module";
import { createRerankClient, type TransportName } from "../src/index.ts";

const [url, transport, then] = process.argv.slice(2);
const client = createRerankClient({ url, transport: transport as TransportName });
await client.rerank({ query: "q", documents: ["a"] });
for await (const answer of client.rerankStream([
  { id: "a", request: { query: "q", documents: [] } },
])) {
  if (answer.error) throw answer.error;
}
if (then === "close") await client.close();
const loaded = Object.keys(createRequire(import.meta.url).cache);
const watched = ["@grpc/grpc-js", "onnxruntime-node", "tokenizers", "pino"];
const found = watched.filter((name) => loaded.some((path) => path.includes(`/${name}/`)));
process.stdout.write(JSON.stringify(found));
