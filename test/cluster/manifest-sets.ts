import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "./cluster-client.ts";

/** What is applied together, in a namespace of its own. */
export interface ManifestSet {
  readonly name: string;
  readonly objects: readonly KubeObject[];
}

/** The programs that make manifests, undefined where one is not installed. */
export interface Makers {
  readonly helm: string | undefined;
  /** The command that builds the folder that comes as its last argument. */
  readonly kustomize: readonly string[] | undefined;
}

/** A set that could not be made, and why. */
export interface MissingSet {
  readonly name: string;
  readonly reason: string;
}

const release = "rerankd";
/** That of the server which test/cluster/go builds. */
const kubeVersion = "1.36.0";

/** Returns every way in which deploy/ can be applied, and those that cannot be made here. */
export function makeManifestSets(root: string, makers: Makers): (ManifestSet | MissingSet)[] {
  const { helm, kustomize } = makers;
  const kubernetes = join(root, "deploy/kubernetes");
  const chart = join(root, "deploy/helm/rerankd");
  const valueSets = readdirSync(join(chart, "ci")).sort();
  const needsKustomize = (name: string, make: (command: readonly string[]) => string) =>
    kustomize === undefined ? missing(name, "kustomize") : made(name, make(kustomize));
  const needsHelm = (name: string, ...args: readonly string[]) =>
    helm === undefined
      ? missing(name, "helm")
      : made(
          name,
          run([helm], ["template", "--kube-version", kubeVersion, release, chart, ...args]),
        );
  return [
    needsKustomize("kubernetes", (command) => run(command, [kubernetes])),
    needsKustomize("kubernetes-components", (command) => buildWithComponents(command, kubernetes)),
    needsHelm("chart"),
    ...valueSets.map((file) =>
      needsHelm(`chart-${file.replace("-values.yaml", "")}`, "--values", join(chart, "ci", file)),
    ),
    made("kserve", readFolder(join(root, "deploy/kserve"))),
  ];
}

/** Returns the objects of the YAML files of a folder. */
export function readFolder(folder: string): string {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n---\n");
}

/** Returns the objects of a text with several YAML documents, as Go's YAML 1.1 reads them. */
export function parseObjects(text: string): KubeObject[] {
  return parseAllDocuments(text, { version: "1.1", merge: true }).flatMap((document) => {
    const [problem] = document.errors;
    if (problem) throw problem;
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}

function made(name: string, text: string): ManifestSet {
  return { name, objects: parseObjects(text) };
}

function missing(name: string, program: string): MissingSet {
  return { name, reason: `\`${program}\` is not installed` };
}

/** Builds the kustomization with every component that it names in a comment. */
function buildWithComponents(kustomize: readonly string[], folder: string): string {
  const scratch = mkdtempSync(join(tmpdir(), "rerankd-kustomize-"));
  try {
    cpSync(folder, scratch, { recursive: true });
    const file = join(scratch, "kustomization.yaml");
    const text = readFileSync(file, "utf8")
      .replace("components: []", "components:")
      .replaceAll("#  - components/", "  - components/");
    writeFileSync(file, text);
    return run(kustomize, [scratch]);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function run([command = "", ...first]: readonly string[], args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...args], {
    encoding: "utf8",
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout;
}
