import { findFreePort } from "../child-server.ts";
import type { Contender, ContenderContext } from "./contender.ts";
import { createHttpContender } from "./http-contender.ts";
import { pythonEnvironment, pythonProgram } from "./python.ts";

/** The name that requests ask for. */
const servedName = "bench";

/** Creates a contender that is Infinity's server on its PyTorch engine. */
export function createInfinity(context: ContenderContext): Contender {
  const flags = ["--engine", "torch", "--dtype", "float32", "--no-bettertransformer"];
  return createServer(context, { name: "infinity", dtype: "fp32", flags });
}

/** Creates a contender that is Infinity's server on its engine for ONNX graphs, optimum. */
export function createInfinityOnnx(context: ContenderContext, dtype: "fp32" | "int8"): Contender {
  const plain = dtype === "fp32" ? ["--onnx-do-not-prefer-quantized"] : [];
  const flags = ["--engine", "optimum", ...plain];
  return createServer(context, { name: `infinity optimum ${dtype}`, dtype, flags });
}

interface InfinityOptions {
  readonly name: string;
  readonly dtype: string;
  /** Flags that choose the engine and its weights. */
  readonly flags: readonly string[];
}

function createServer(
  context: ContenderContext,
  { name, dtype, flags }: InfinityOptions,
): Contender {
  return createHttpContender({
    name,
    dtype,
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
          ...["--device", "cpu"],
          ...["--host", "127.0.0.1"],
          ...["--port", String(port)],
          ...flags,
          "--no-model-warmup",
        ],
        env: pythonEnvironment(context),
        healthUrl: `http://127.0.0.1:${port}/health`,
      };
    },
  });
}
