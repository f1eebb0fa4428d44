import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "../../process/child-server.ts";
import { builtFolder, builtVersions } from "../built.ts";
import type { Contender, ContenderContext } from "../contender.ts";
import { createHttpContender } from "../http-contender.ts";
import { makeModelFolder, safetensorsPath } from "../model-folder.ts";
import { pythonEnvironment, pythonProgram } from "../python.ts";

/** How llama.cpp calls its weights. */
const types = { fp32: "f32", int8: "q8_0" } as const;

/**
 * Tokens that it computes at a time. A pair must fit, and its tokenizer may find a few tokens more in a
 * text than the one that the texts were cut with.
 */
const batchTokens = 640;

/** Requests whose documents it computes side by side. */
const slots = 4;

/** Creates a contender that is llama.cpp's server, on weights that its own script converted. */
export function createLlamaCpp(context: ContenderContext, dtype: keyof typeof types): Contender {
  const type = types[dtype];
  return createHttpContender({
    name: `llama.cpp ${type}`,
    dtype,
    async server() {
      const built = builtFolder(context.root, "llama-cpp");
      const model = await convert(context, type);
      const port = await findFreePort();
      return {
        command: join(built, "bin", "llama-server"),
        args: [
          ...["--model", model],
          "--reranking",
          ...["--threads", String(context.threads)],
          ...["--threads-batch", String(context.threads)],
          ...["--parallel", String(slots)],
          ...["--ctx-size", String(slots * batchTokens)],
          ...["--batch-size", String(batchTokens)],
          ...["--ubatch-size", String(batchTokens)],
          ...["--host", "127.0.0.1"],
          ...["--port", String(port)],
        ],
        healthUrl: `http://127.0.0.1:${port}/health`,
      };
    },
  });
}

/** Converts the model where that was not done yet, and returns the path of the GGUF file. */
async function convert(context: ContenderContext, type: string): Promise<string> {
  const { root, modelFolder } = context;
  const weights = safetensorsPath(modelFolder);
  const { size, mtimeMs } = await stat(weights);
  const versions = builtVersions(root, "llama-cpp");
  const origin = JSON.stringify({ weights, size, mtimeMs, versions });
  const digest = createHash("sha256").update(origin).digest("hex").slice(0, 16);
  const built = builtFolder(root, "llama-cpp");
  const folder = join(built, "models");
  const path = join(folder, `${digest}-${type}.gguf`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const python = pythonProgram(root, "venv-llama-cpp", "python");
  const script = join(built, "source", "convert_hf_to_gguf.py");
  // Without this the script takes the tokenizer of XLM-RoBERTa for one that puts no space before a text.
  const tokenizer = join(modelFolder, "tokenizer_config.json");
  const folderToConvert = await makeModelFolder(context, {
    name: "llama-cpp",
    weights: { "model.safetensors": weights },
    json: {
      "tokenizer_config.json": {
        ...JSON.parse(await readFile(tokenizer, "utf8")),
        add_prefix_space: true,
      },
    },
  });
  const args = [script, folderToConvert, "--outtype", type, "--outfile", `${path}.partial`];
  const env = { ...process.env, ...pythonEnvironment(context) };
  await promisify(execFile)(python, args, { env, maxBuffer: 2 ** 26 });
  await rename(`${path}.partial`, path);
  return path;
}
