import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { openModel } from "../../src/models/open-model.ts";
import type { ContenderContext } from "./contender.ts";

/** What a contender is to find in a folder of its own. */
export interface ModelFolderOptions {
  /** Distinguishes it from the folders of other contenders. */
  readonly name: string;
  /** Weights by the place where the contender looks for them; the values are their real paths. */
  readonly weights: Readonly<Record<string, string>>;
  /** Further JSON files. */
  readonly json?: Readonly<Record<string, unknown>>;
}

/**
 * Makes a folder with the model's small files and the given weights alone, for a contender that cannot be
 * told which weights to take. Weights are linked, the rest is copied. What the
 * contender left there is kept. Returns the folder.
 */
export async function makeModelFolder(
  { root, modelFolder }: Pick<ContenderContext, "root" | "modelFolder">,
  { name, weights, json = {} }: ModelFolderOptions,
): Promise<string> {
  const digest = createHash("sha256").update(modelFolder).digest("hex").slice(0, 8);
  const own = `${basename(modelFolder)}-${digest}-${name}`;
  const folder = join(root, ".cache", "bench", "model-folders", own);
  await mkdir(folder, { recursive: true });
  for (const entry of await readdir(modelFolder, { withFileTypes: true })) {
    if (!entry.isFile() || !/\.(json|txt|model)$/.test(entry.name)) continue;
    await copyFile(join(modelFolder, entry.name), join(folder, entry.name));
  }
  for (const [place, path] of Object.entries(weights)) {
    const link = join(folder, place);
    await mkdir(dirname(link), { recursive: true });
    await rm(link, { force: true });
    await symlink(path, link);
  }
  for (const [file, value] of Object.entries(json)) {
    await writeFile(join(folder, file), JSON.stringify(value));
  }
  return folder;
}

/** Returns the path of a model's graph of a dtype. Rejects if it has none. */
export async function onnxPath(modelFolder: string, dtype: "fp32" | "int8"): Promise<string> {
  const wish = { name: "bench", directory: modelFolder, dtype, device: "cpu" } as const;
  return (await openModel(wish)).onnxPath;
}

/** Returns the path of a model's weights for PyTorch and others. Throws if it has none. */
export function safetensorsPath(modelFolder: string): string {
  const path = join(modelFolder, "model.safetensors");
  if (!existsSync(path)) throw new Error("the model has no model.safetensors");
  return path;
}
