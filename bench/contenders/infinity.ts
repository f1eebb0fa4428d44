import { findFreePort } from "../child-server.ts";
import type { Contender, ContenderContext } from "./contender.ts";
import { createHttpContender } from "./http-contender.ts";
import { pythonEnvironment, pythonProgram } from "./python.ts";

/** The name that requests ask for. */
const servedName = "bench";

/** Creates a contender that is Infinity's server on its PyTorch engine. */
export function createInfinity(context: ContenderContext): Contender {
  return createHttpContender({
    name: "infinity",
    dtype: "fp32",
    fields: { raw_scores: true, model: servedName },
    async server() {
      const command = pythonProgram(context.root, "venv-infinity", "infinity_emb");
      const port = await findFreePort();
      return {
        command,
        args: [
          "v2",
          ...["--model-id", context.modelFolder],
          ...["--served-model-name", servedName],
          ...["--engine", "torch"],
          ...["--device", "cpu"],
          ...["--dtype", "float32"],
          ...["--host", "127.0.0.1"],
          ...["--port", String(port)],
          "--no-bettertransformer",
          "--no-model-warmup",
        ],
        env: pythonEnvironment(context),
        healthUrl: `http://127.0.0.1:${port}/health`,
      };
    },
  });
}
