import { join } from "node:path";
import { findFreePort } from "../../process/child-server.ts";
import type { Contender, ContenderContext } from "../contender.ts";
import { createHttpContender } from "../http-contender.ts";
import { pythonEnvironment, pythonProgram } from "../python.ts";

/**
 * Creates a contender that is sentence-transformers' CrossEncoder behind a few lines of FastAPI.
 */
export function createSentenceTransformers(context: ContenderContext): Contender {
  return createHttpContender({
    name: "sentence-transformers",
    dtype: "fp32",
    async server() {
      const command = pythonProgram(context.root, "venv", "python");
      const script = join(
        context.root,
        "bench",
        "contenders",
        "peers",
        "sentence_transformers_server.py",
      );
      const port = await findFreePort();
      return {
        command,
        args: [script, context.modelFolder, String(port), String(context.maxLength)],
        env: pythonEnvironment(context),
        healthUrl: `http://127.0.0.1:${port}/health`,
      };
    },
  });
}
