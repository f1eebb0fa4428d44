import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "../../process/child-server.ts";
import type { Contender, ContenderContext } from "../contender.ts";
import { createHttpContender } from "../http-contender.ts";
import { pythonEnvironment, pythonProgram } from "../python.ts";

/** The script's own values, which a run replaces by the model to measure and a free port. */
const guideModel = '"jinaai/jina-reranker-v2-base-multilingual"';
const guidePort = "port=7998";
const guideHost = 'host="0.0.0.0"';

/**
 * Creates a contender that is the FastAPI script of the installation guide, as written there but
 * for the model's name, the port and the bind address.
 */
export function createGuide(context: ContenderContext): Contender {
  return createHttpContender({
    name: "guide's script",
    dtype: "fp32",
    async server() {
      const command = pythonProgram(context.root, "venv", "python");
      const port = await findFreePort();
      const script = extractGuideScript(await readGuide(context.root), {
        model: context.modelFolder,
        port,
      });
      const folder = join(context.root, ".cache", "bench");
      await mkdir(folder, { recursive: true });
      const path = join(folder, "reranker_server.py");
      await writeFile(path, script);
      return {
        command,
        args: [path],
        env: pythonEnvironment(context),
        healthUrl: `http://127.0.0.1:${port}/health`,
      };
    },
  });
}

async function readGuide(root: string): Promise<string> {
  const folder = join(root, "..", "shared", "seed");
  const files = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    files
      .filter((file) => file.endsWith(".txt"))
      .sort()
      .map((file) => readFile(join(folder, file), "utf8")),
  );
  const guide = texts.find((text) => text.includes(guidePort));
  if (guide === undefined) throw new Error("the installation guide is not there");
  return guide;
}

/**
 * Returns the server script of the guide with the given model and port. Throws if the guide does
 * not hold it.
 */
export function extractGuideScript(
  guide: string,
  { model, port }: { readonly model: string; readonly port: number },
): string {
  const blocks = [...guide.matchAll(/^```python\n(.*?)^```$/gms)].map(([, code]) => code ?? "");
  const script = blocks.find((code) => code.includes("FastAPI("));
  if (script === undefined) throw new Error("the guide holds no FastAPI script");
  for (const part of [guideModel, guidePort, guideHost]) {
    if (!script.includes(part)) throw new Error(`the guide's script has no ${part}`);
  }
  return script
    .replace(guideModel, JSON.stringify(model))
    .replace(guidePort, `port=${port}`)
    .replace(guideHost, 'host="127.0.0.1"');
}
