import { startWorkerBackend } from "../../src/inference/worker/worker-backend.ts";
import { batchOf, fixturePath } from "./inference-fixtures.ts";

// The import above has applied ortEnvironment to this thread, as main.ts does.
const backend = await startWorkerBackend({ modelPath: fixturePath("sum"), device: "cpu" });
const [logit] = await backend.score(batchOf([[50]]));
await backend.close();
process.stdout.write(`scored ${logit}`);
