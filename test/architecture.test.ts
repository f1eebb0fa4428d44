import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";

/** The package's folder; this file runs from dist/test. */
const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Which room of src/ may import which. What is not listed is forbidden, except files of the same
 * room.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli"],
  "index.ts": ["cli", "config", "reranker", "models", "telemetry", "errors.ts"],
  cli: [
    "client",
    "config",
    "evaluation",
    "errors.ts",
    "server",
    "reranker",
    "scheduler",
    "tokenizer",
    "inference",
    "models",
    "telemetry",
    "clock.ts",
    "characters.ts",
    "load-once.ts",
  ],
  onnx: [],
  config: ["client"],
  server: ["reranker", "telemetry", "gen", "errors.ts", "characters.ts"],
  reranker: ["scheduler", "tokenizer", "errors.ts", "clock.ts", "characters.ts"],
  scheduler: ["inference", "tokenizer", "errors.ts", "clock.ts"],
  tokenizer: ["errors.ts", "clock.ts", "python-json.ts", "restart-policy.ts"],
  inference: ["errors.ts", "clock.ts", "load-once.ts", "restart-policy.ts"],
  models: ["onnx", "errors.ts", "python-json.ts"],
  telemetry: ["reranker", "scheduler", "errors.ts"],
  evaluation: ["errors.ts"],
  "characters.ts": [],
  "errors.ts": [],
  "clock.ts": [],
  "load-once.ts": [],
  "restart-policy.ts": [],
  "python-json.ts": [],
};

/** The one room that may import a package. */
const homes: Readonly<Record<string, string | readonly string[]>> = {
  "@bufbuild/protobuf": "server",
  "@connectrpc/connect": "server",
  "@connectrpc/connect-node": "server",
  "@huggingface/hub": "models",
  "lru-cache": "reranker",
  "onnxruntime-node": "inference",
  tokenizers: "tokenizer",
  "@opentelemetry/api": "telemetry",
  "@opentelemetry/exporter-trace-otlp-proto": "telemetry",
  "@opentelemetry/resources": "telemetry",
  "@opentelemetry/sdk-trace-base": "telemetry",
  pino: "telemetry",
  "pino-pretty": "telemetry",
  "prom-client": "telemetry",
  "string-width": "cli",
  "node:process": ["main.ts", "index.ts"],
};

/**
 * Files that may look at `process`: the program, and the package's main export, which has no other
 * way to set a variable before the first model.
 */
const processUsers = ["main.ts", "index.ts"];

/**
 * What src/ may import of the client library, whose own rules are in client/test: its main entry, and
 * how the address of a server is read.
 */
const clientFiles = ["index.ts", join("call", "server-address.ts")].map((file) =>
  join("client", "src", file),
);

/** Rooms that only lend types to the room on the left: nothing of them may run there. */
const typesOnly = [
  ["scheduler", "inference"],
  ["scheduler", "tokenizer"],
  ["reranker", "tokenizer"],
  ["server", "telemetry"],
  ["telemetry", "reranker"],
  ["telemetry", "scheduler"],
  ["index.ts", "reranker"],
  ["index.ts", "models"],
  ["index.ts", "telemetry"],
] as const;

/** Longest source file, in lines. */
const maxLines = 300;

const importPattern = /^(?:import|export)\s(type\s)?[^;]*?from "([^"]+)";|^import "([^"]+)";/gm;

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .sort();

/**
 * Returns the folder or top-level file of src/ that a path lies in; `gen` for generated code,
 * `client` for the client library.
 */
function roomOf(pathFromRoot: string): string {
  const [top = "", room = ""] = pathFromRoot.split(sep);
  return top === "src" ? room : top;
}

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, "src", file), "utf8");
  return [...text.matchAll(importPattern)].map(([, type, from, bare]) => ({
    target: from ?? bare ?? "",
    typeOnly: type !== undefined,
  }));
}

suite("the import rules", () => {
  test("cover every room of src/", () => {
    const rooms = new Set(files.map((file) => roomOf(join("src", file))));
    assert.deepEqual([...rooms].sort(), Object.keys(allowed).sort());
  });

  test("let no two rooms import each other", () => {
    for (const [room, targets] of Object.entries(allowed)) {
      for (const target of targets) assert(!allowed[target]?.includes(room), `${room}, ${target}`);
    }
  });

  for (const file of files) {
    test(`hold in src/${file}`, () => {
      const room = roomOf(join("src", file));
      for (const { target, typeOnly } of importsOf(file)) {
        if (!target.startsWith(".")) {
          const name = target
            .split("/")
            .slice(0, target.startsWith("@") ? 2 : 1)
            .join("/");
          const home = homes[target] ?? homes[name];
          const known = target.startsWith("node:") || home !== undefined;
          assert(known, `${target} has no home: give it one in this test`);
          assert([home ?? room].flat().includes(room), `${target} belongs to ${home}`);
          continue;
        }
        const path = relative(root, normalize(join(root, "src", dirname(file), target)));
        const other = roomOf(path);
        if (other === room) continue;
        if (other === "client") assert(clientFiles.includes(path), `${path} is the client's own`);
        assert(allowed[room]?.includes(other), `${room} must not import ${other} (${target})`);
        const lent = typesOnly.some(([to, from]) => to === room && from === other);
        assert(!lent || typeOnly, `${room} may import only types of ${other} (${target})`);
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
