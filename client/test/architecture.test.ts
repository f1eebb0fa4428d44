import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { suite, test } from "node:test";
import { packageRoot } from "../../test/server-process.ts";

const root = join(packageRoot, "client", "src");

/** What a folder or top-level file of client/src may import. What is not listed is forbidden. */
interface Rule {
  /** Folders and top-level files of client/src. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
  /** Whether it may use what only Node has; all else also runs in browsers. */
  readonly node?: true;
}

const wire = ["@bufbuild/protobuf", "@connectrpc/connect"];

const rules: Readonly<Record<string, Rule>> = {
  call: { files: ["gen"], packages: wire },
  fallback: { files: ["call"], packages: [] },
  "create-client.ts": {
    files: ["call", "fallback", "rerank-client.ts", "gen"],
    packages: wire,
  },
  "rerank-client.ts": { files: ["call", "fallback", "gen"], packages: wire },
  node: {
    files: ["call", "fallback", "create-client.ts", "rerank-client.ts", "gen"],
    packages: [...wire, "@connectrpc/connect-node", "@grpc/grpc-js"],
    node: true,
  },
  web: {
    files: ["call", "fallback", "create-client.ts", "rerank-client.ts"],
    packages: ["@connectrpc/connect-web"],
  },
  "fallback.ts": { files: ["call", "fallback"], packages: [] },
  "web.ts": { files: ["call", "fallback", "web"], packages: [] },
  "index.ts": { files: ["call", "fallback", "node", "rerank-client.ts"], packages: [], node: true },
};

/** The one folder that may load `@grpc/grpc-js`, which need not be installed. */
const grpcJsFolder = join("node", "grpc-js");

/** The one file that may load that folder, and only when it is chosen. */
const grpcJsLoader = join("node", "create-rerank-client.ts");

/** The one file that may look at `process`: for the environment of a caller that gave none. */
const processUser = join("call", "process-environment.ts");

/** Longest source file, in lines. */
const maxLines = 300;

const importPattern =
  /^(?:import|export)\s(?:type\s)?[^;]*?from "([^"]+)";|^import "([^"]+)";|\bimport\("([^"]+)"\)/gm;

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .sort();

/** Returns the folder or top-level file of client/src that a path in it lies in; else `gen`. */
function partOf(path: string): string {
  return path.startsWith(join("..", "..", "gen")) ? "gen" : (path.split(sep)[0] ?? "");
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(importPattern)].map(
    ([, from, bare, lazy]) => from ?? bare ?? lazy ?? "",
  );
}

suite("the import rules of the client", () => {
  test("cover all of it", () => {
    assert.deepEqual([...new Set(files.map(partOf))].sort(), Object.keys(rules).sort());
  });

  for (const file of files) {
    test(`hold in client/src/${file}`, () => {
      const part = partOf(file);
      const rule = rules[part];
      assert(rule);
      for (const target of importsOf(file)) {
        if (target.startsWith("node:")) {
          assert(rule.node, `${part} must run without Node (${target})`);
        } else if (target.startsWith(".")) {
          const path = relative(root, normalize(join(root, dirname(file), target)));
          const other = partOf(path);
          const isApart = path.startsWith(grpcJsFolder) && !file.startsWith(grpcJsFolder);
          if (isApart) assert.equal(file, grpcJsLoader);
          assert(other === part || rule.files.includes(other), `${part} must not import ${path}`);
        } else {
          const known = rule.packages.some(
            (name) => target === name || target.startsWith(`${name}/`),
          );
          assert(known, `${part} must not import ${target}`);
          if (target === "@grpc/grpc-js") assert(file.startsWith(grpcJsFolder), file);
        }
      }
    });

    test(`client/src/${file} leaves \`process\` to its user and stays small`, () => {
      const text = readFileSync(join(root, file), "utf8");
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\])*"|`[^`]*`/g, "");
      if (file !== processUser) assert.doesNotMatch(code, /(?<![.\w])process\s*(\?\.|[.[])/);
      assert(text.split("\n").length <= maxLines, `${text.split("\n").length} lines`);
    });
  }
});
