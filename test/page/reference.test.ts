import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { describedRoutes } from "../../page/described-routes.ts";
import { faults } from "../../src/server/http/openapi/faults.ts";
import { packageRoot } from "../server-process.ts";

/** Returns a page of the reference as the build wrote it. */
function pageNamed(name: string): string {
  return brotliDecompressSync(readFileSync(join(packageRoot, "dist", "page", name))).toString();
}

/** Returns what a reader sees of a page, with one space between words. */
function textOf(html: string): string {
  return html
    .replaceAll(/<style>[\s\S]*?<\/style>|<[^>]+>/g, "")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");
}

for (const name of ["docs.html.br", "grpc.html.br"]) {
  suite(`the reference in ${name}`, () => {
    const html = pageNamed(name);

    test("holds no script and asks for nothing", () => {
      assert.doesNotMatch(html, /<script|\son\w+=|\sstyle=|javascript:|@import|url\(/);
      assert.doesNotMatch(html, /<(?:img|iframe|link)[^>]* (?:src|href)="(?!data:)/);
    });

    test("links only to places that are there", () => {
      const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      assert.equal(new Set(ids).size, ids.length);
      const targets = [...html.matchAll(/ href="#([^"]+)"/g)].map(([, target]) => target);
      assert(targets.length > 10);
      for (const target of targets) assert(ids.includes(target), `#${target}`);
    });
  });
}

suite("the reference of the plain JSON routes", () => {
  const text = textOf(pageNamed("docs.html.br"));

  for (const { method, path, doc } of describedRoutes()) {
    test(`has ${method} ${path}, with its examples and errors`, () => {
      assert(text.includes(`${method} ${path} ${doc.summary}`));
      for (const { body } of doc.body?.examples ?? []) {
        const call = `curl http://localhost:7998${path} --json '${JSON.stringify(body)}'`;
        assert(text.replaceAll(" ", "").includes(call.replaceAll(" ", "")), call);
      }
      for (const name of doc.faults) {
        assert(text.includes(faults[name].when.replaceAll("`", "")), name);
      }
    });
  }
});

suite("the reference of the gRPC contract", () => {
  const text = textOf(pageNamed("grpc.html.br"));

  for (const file of ["rerank/v1/rerank_service.proto", "tei/v1/tei.proto"]) {
    test(`has every comment of ${file}`, () => {
      const proto = readFileSync(join(packageRoot, "proto", file), "utf8");
      const body = proto.slice(proto.search(/^(?:\/\/.*\n)*(?:service|message|enum)/m));
      const lines = [...body.matchAll(/^\s*\/\/ ?(.*)$/gm)].map(([, line = ""]) => line);
      assert(lines.length > 20);
      for (const line of lines) {
        const said = line.replaceAll("`", "").replaceAll(/\s+/g, " ").trim();
        assert(text.includes(said), line);
      }
    });
  }
});
