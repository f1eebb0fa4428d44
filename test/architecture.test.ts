import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";

/** The package's folder; this file runs from dist/test. */
const root = fileURLToPath(new URL("../..", import.meta.url));

/** What src/ may import of the client library, whose own rules are in client/test: its main entry, */
const clientLibrary = "../client/src/index.ts";

/** and how the address of a server and the variable of its model are read. */
const clientAddresses = "../client/src/call/server-address.ts";
const clientModel = "../client/src/call/model-variable.ts";

/**
 * What each module of src/, a folder or a file at its top, may import: whole modules, or one file of
 * a module. What is not listed is forbidden, except files of the same module.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["commands", "inference/ort-environment.ts"],
  "index.ts": [
    "engine",
    "config",
    "inference/ort-environment.ts",
    "reranker",
    "models",
    "telemetry",
    "errors.ts",
  ],
  commands: [
    clientLibrary,
    "config",
    "engine",
    "evaluation",
    "server",
    "terminal",
    "reports",
    "reranker",
    "scheduler",
    "inference/cgroup.ts",
    "inference/devices.ts",
    "inference/machine.ts",
    "inference/processor-turns.ts",
    "inference/providers.ts",
    "inference/worker-plan.ts",
    "models",
    "telemetry",
    "characters.ts",
    "clock.ts",
    "errors.ts",
    "file-lock.ts",
    "json",
    "load-once.ts",
    "package-root.ts",
    "return-memory.ts",
  ],
  terminal: ["models", "characters.ts"],
  reports: ["evaluation", "characters.ts"],
  engine: [
    "config",
    "reranker",
    "scheduler",
    "tokenizer",
    "inference",
    "models",
    "telemetry",
    "clock.ts",
    "errors.ts",
    "linked-signal.ts",
    "package-root.ts",
  ],
  server: [
    "engine/health-state.ts",
    "reranker",
    "telemetry",
    "gen",
    "characters.ts",
    "errors.ts",
    "linked-signal.ts",
  ],
  reranker: ["scheduler", "tokenizer", "characters.ts", "clock.ts", "errors.ts"],
  scheduler: ["inference", "tokenizer", "clock.ts", "errors.ts"],
  tokenizer: ["clock.ts", "errors.ts", "json", "restart-policy.ts", "return-memory.ts"],
  inference: ["clock.ts", "errors.ts", "load-once.ts", "restart-policy.ts", "return-memory.ts"],
  models: ["onnx", "errors.ts", "file-lock.ts", "json"],
  onnx: [],
  telemetry: ["reranker", "scheduler", "errors.ts"],
  evaluation: ["errors.ts", "json"],
  config: [clientAddresses, clientModel],
  "characters.ts": [],
  "clock.ts": [],
  "errors.ts": [],
  "file-lock.ts": [],
  json: [],
  "linked-signal.ts": [],
  "load-once.ts": [],
  "package-root.ts": [],
  "restart-policy.ts": [],
  "return-memory.ts": [],
};

/** The one module that may import a package. */
const homes: Readonly<Record<string, string | readonly string[]>> = {
  "@bufbuild/protobuf": "server",
  "@connectrpc/connect": "server",
  "@connectrpc/connect-node": "server",
  "@observablehq/plot": "reports",
  linkedom: "reports",
  "lru-cache": "reranker",
  "rerankd-mcp": "commands",
  "onnxruntime-node": "inference",
  tokenizers: "tokenizer",
  undici: "models",
  "@opentelemetry/api": "telemetry",
  "@opentelemetry/exporter-trace-otlp-proto": "telemetry",
  "@opentelemetry/resources": "telemetry",
  "@opentelemetry/sdk-trace-base": "telemetry",
  pino: "telemetry",
  "pino-pretty": "telemetry",
  "prom-client": "telemetry",
  "string-width": "terminal",
  yaml: "config",
  "node:process": ["main.ts", "index.ts"],
};

/**
 * Files that may look at `process`: the program, and the package's main export, which has no other
 * way to set a variable before the first model.
 */
const processUsers = ["main.ts", "index.ts"];

/** The module on the left may import only types of the one on the right. */
const typesOnly = [
  ["scheduler", "inference"],
  ["scheduler", "tokenizer"],
  ["reranker", "tokenizer"],
  ["server", "telemetry"],
  ["terminal", "models"],
  ["engine", "telemetry"],
  ["telemetry", "reranker"],
  ["telemetry", "scheduler"],
  ["index.ts", "reranker"],
  ["index.ts", "models"],
  ["index.ts", "telemetry"],
] as const;

/** Longest source file, in lines. */
const maxLines = 300;

const importPattern =
  /^(?:import|export)\s(type\s)?[^;]*?from "([^"]+)";|^import "([^"]+)";|\bimport\("([^"]+)"\)/gm;

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .sort();

/** Returns the module that a path lies in: a folder or file of src/; `gen` for generated code. */
function moduleOf(pathFromRoot: string): string {
  const [top = "", name = ""] = pathFromRoot.split(sep);
  return top === "src" ? name : top;
}

/** The layers of the page, from the one that imports nothing else of it up. */
const pageLayers: Readonly<Record<string, readonly string[]>> = {
  logic: [],
  text: ["logic"],
  view: ["logic", "text"],
  "app.tsx": ["logic", "text", "view"],
  "main.tsx": ["app.tsx"],
};

/** What of the server's sources the page may hold: it runs in a browser. */
const pageBorrows = [join("src", "evaluation", "bm25.ts")];

interface Import {
  /** As it is written. */
  readonly target: string;
  /** Path of a relative one from the package's folder. */
  readonly path: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string, folder = "src"): Import[] {
  const text = readFileSync(join(root, folder, file), "utf8");
  return [...text.matchAll(importPattern)].map(([, type, from, bare, later]) => {
    const target = from ?? bare ?? later ?? "";
    return {
      target,
      path: relative(root, normalize(join(root, folder, dirname(file), target))),
      typeOnly: type !== undefined,
    };
  });
}

/** Returns each circle of files that import each other, imports of types included. */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    } else if (!done.has(file)) {
      for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    }
  };
  for (const file of imports.keys()) visit(file, []);
  return circles;
}

/** Most files of a folder; more are several ideas. */
const maxFolderFiles = 12;

suite("the import rules", () => {
  test("cover every module of src/", () => {
    const modules = new Set(files.map((file) => moduleOf(join("src", file))));
    assert.deepEqual([...modules].sort(), Object.keys(allowed).sort());
  });

  test("let no two modules import each other", () => {
    for (const [name, targets] of Object.entries(allowed)) {
      for (const target of targets) {
        assert(!allowed[target.split("/")[0] ?? ""]?.includes(name), `${name}, ${target}`);
      }
    }
  });

  test("let no files import each other in a circle", () => {
    const imports = files.map((file) => {
      const targets = importsOf(file).map(({ path }) => relative("src", path));
      return [file, targets] as const;
    });
    assert.deepEqual(circlesOf(new Map(imports)), []);
  });

  test("leave no folder with more than a dozen files", () => {
    const folders = new Set(files.map((file) => dirname(file)));
    for (const folder of folders) {
      const count = files.filter((file) => dirname(file) === folder).length;
      assert(count <= maxFolderFiles, `${folder} has ${count}`);
    }
  });

  for (const file of files) {
    test(`hold in src/${file}`, () => {
      const name = moduleOf(join("src", file));
      for (const { target, path, typeOnly } of importsOf(file)) {
        if (!target.startsWith(".")) {
          const packageName = target
            .split("/")
            .slice(0, target.startsWith("@") ? 2 : 1)
            .join("/");
          const home = homes[target] ?? homes[packageName];
          const known = target.startsWith("node:") || home !== undefined;
          assert(known, `${target} has no home: give it one in this test`);
          assert([home ?? name].flat().includes(name), `${target} belongs to ${home}`);
          continue;
        }
        const other = moduleOf(path);
        if (other === name) continue;
        const isAllowed = [other, relative("src", path)].some((it) => allowed[name]?.includes(it));
        assert(isAllowed, `${name} must not import ${other} (${target})`);
        const isLent = typesOnly.some(([to, from]) => to === name && from === other);
        assert(!isLent || typeOnly, `${name} may import only types of ${other} (${target})`);
      }
    });

    test(`src/${file} leaves \`process\` to its users and stays small`, () => {
      const text = readFileSync(join(root, "src", file), "utf8");
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\])*"|`[^`]*`/g, "");
      if (!processUsers.includes(file)) {
        assert.doesNotMatch(code, /(?<![.\w])process\s*(\?\.|[.[])|globalThis\s*\.\s*process/);
      }
      assert(text.split("\n").length <= maxLines, `${text.split("\n").length} lines`);
    });
  }
});

suite("the import rules of the page", () => {
  const folder = join("page", "src");
  const pageFiles = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .sort();
  const layerOf = (path: string): string => path.split(sep)[0] ?? "";

  test("cover every layer", () => {
    const layers = new Set(pageFiles.map(layerOf));
    assert.deepEqual([...layers].sort(), Object.keys(pageLayers).sort());
  });

  for (const file of pageFiles) {
    test(`hold in page/src/${file}`, () => {
      const layer = layerOf(file);
      for (const { target } of importsOf(file, folder)) {
        if (!target.startsWith(".")) {
          assert.match(target, /^preact(\/hooks)?$/, file);
          assert(["view", "app.tsx", "main.tsx"].includes(layer), `${layer} needs no browser`);
          continue;
        }
        const path = normalize(join(folder, dirname(file), target));
        if (pageBorrows.includes(path)) continue;
        const other = layerOf(relative(folder, path));
        const isAllowed = other === layer || pageLayers[layer]?.includes(other);
        assert(isAllowed, `${layer} must not import ${other} (${target})`);
      }
      const lines = readFileSync(join(root, folder, file), "utf8").split("\n").length;
      assert(lines <= maxLines, `${lines} lines`);
    });
  }
});
