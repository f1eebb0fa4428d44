import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtVersions } from "./contenders/built.ts";
import { type PythonEnvironment, pythonProgram } from "./contenders/python.ts";

/** What a figure was measured on and with. */
export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly platform: string;
  readonly versions: Readonly<Record<string, string>>;
}

const pythonPackages = ["torch", "transformers", "sentence-transformers", "fastapi", "uvicorn"];
const npmPackages = ["onnxruntime-node", "tokenizers"];

/** Describes this machine and the versions of everything that was measured. */
export async function describeEnvironment(root: string): Promise<Environment> {
  const processors = cpus();
  const versions: Record<string, string> = {
    rerankd: versionIn(join(root, "package.json")),
    node: process.versions.node,
  };
  for (const name of npmPackages) {
    versions[name] = versionIn(join(root, "node_modules", name, "package.json"));
  }
  Object.assign(versions, await pythonVersions(root, "venv", pythonPackages));
  Object.assign(versions, await pythonVersions(root, "venv-infinity", ["infinity-emb"]));
  Object.assign(versions, await pythonVersions(root, "venv-openvino", ["openvino"]));
  Object.assign(versions, builtVersions(root, "tei"), builtVersions(root, "llama-cpp"));
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    versions,
  };
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** Returns the versions of installed packages; nothing where the environment is not there. */
async function pythonVersions(
  root: string,
  environment: PythonEnvironment,
  names: readonly string[],
): Promise<Record<string, string>> {
  const script = [
    "import importlib.metadata as m, json, platform, sys",
    "print(json.dumps({'python': platform.python_version(), **{n: m.version(n) for n in sys.argv[1:]}}))",
  ].join("\n");
  try {
    const python = pythonProgram(root, environment, "python");
    const { stdout } = await promisify(execFile)(python, ["-c", script, ...names]);
    return JSON.parse(stdout);
  } catch {
    return {};
  }
}
