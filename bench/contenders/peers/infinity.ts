import { type ChildServerOptions, findFreePort } from "../../process/child-server.ts";
import type { Contender, ContenderContext } from "../contender.ts";
import { createHttpContender } from "../http-contender.ts";
import { makeModelFolder, onnxPath } from "../model-folder.ts";
import { pythonEnvironment, pythonProgram } from "../python.ts";

/** The name that requests ask for. */
const servedName = "bench";

/** Creates a contender that is Infinity's server on its PyTorch engine. */
export function createInfinity(context: ContenderContext): Contender {
  return createServer(context, {
    name: "infinity",
    dtype: "fp32",
    flags: ["--engine", "torch", "--dtype", "float32", "--no-bettertransformer"],
    model: () => ({ id: context.modelFolder }),
  });
}

/**
 * Creates a contender that is Infinity's server on its engine for ONNX graphs, optimum. It optimizes the
 * graph before it serves and keeps the result beside it.
 */
export function createInfinityOnnx(context: ContenderContext, dtype: "fp32" | "int8"): Contender {
  const place = dtype === "fp32" ? "model.onnx" : "model_quantized.onnx";
  return createServer(context, {
    name: `infinity optimum ${dtype}`,
    dtype,
    flags: ["--engine", "optimum"],
    async model() {
      const folder = await makeModelFolder(context, {
        name: `infinity-${dtype}`,
        weights: { [place]: await onnxPath(context.modelFolder, dtype) },
      });
      // It finds a graph by its path relative to where it runs, and keeps the optimized one in the hub's
      // cache under the name of the model.
      return { id: ".", cwd: folder, env: { HF_HOME: `${folder}-cache` } };
    },
  });
}

interface InfinityOptions {
  readonly name: string;
  readonly dtype: string;
  /** Flags that choose the engine. */
  readonly flags: readonly string[];
  /** Returns the model's folder, where to start the server, and further variables. */
  readonly model: () => ModelPlace | Promise<ModelPlace>;
}

interface ModelPlace extends Pick<ChildServerOptions, "cwd" | "env"> {
  readonly id: string;
}

function createServer(
  context: ContenderContext,
  { name, dtype, flags, model }: InfinityOptions,
): Contender {
  return createHttpContender({
    name,
    dtype,
    fields: { raw_scores: true, model: servedName },
    async server() {
      const command = pythonProgram(context.root, "venv-infinity", "infinity_emb");
      const port = await findFreePort();
      const { id, env, ...place } = await model();
      return {
        command,
        args: [
          "v2",
          ...["--model-id", id],
          ...["--served-model-name", servedName],
          ...["--device", "cpu"],
          ...["--host", "127.0.0.1"],
          ...["--port", String(port)],
          ...flags,
          "--no-model-warmup",
        ],
        ...place,
        env: { ...pythonEnvironment(context), ...env },
        healthUrl: `http://127.0.0.1:${port}/health`,
      };
    },
  });
}
