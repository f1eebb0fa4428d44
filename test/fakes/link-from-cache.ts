import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * Copies a model of two files into a folder as the hub's cache lays it out, blobs and links to them.
 * Returns the path of the link to its graph.
 */
export async function linkFromCache(source: string, folder: string): Promise<string> {
  const snapshot = join(folder, "snapshots", "main", "onnx");
  await mkdir(join(folder, "blobs"));
  await mkdir(snapshot, { recursive: true });
  for (const [name, blob] of [
    ["model.onnx", "aa"],
    ["model.onnx_data", "bb"],
  ] as const) {
    await cp(join(source, name), join(folder, "blobs", blob));
    await symlink(join("..", "..", "..", "blobs", blob), join(snapshot, name));
  }
  return join(snapshot, "model.onnx");
}
