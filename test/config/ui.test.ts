import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { serveConfig, serveProblems } from "./parsed.ts";

const uiOf = (...argv: string[]) => serveConfig(argv).ui;

suite("--ui", () => {
  test("is on where only this machine can reach the server", () => {
    assert.equal(uiOf(), true);
    for (const host of ["127.0.0.1", "127.3.2.1", "localhost", "::1"]) {
      assert.equal(uiOf("--host", host), true, host);
    }
  });

  test("is off beyond loopback, and on a Unix socket, where a proxy stands in front", () => {
    for (const host of ["0.0.0.0", "::", "10.0.0.7", "127.example.com"]) {
      assert.equal(uiOf("--host", host), false, host);
    }
    assert.equal(uiOf("--unix-socket", "/run/a.sock"), false);
  });

  test("does what it is told, by flag or variable", () => {
    assert.equal(uiOf("--ui", "off"), false);
    assert.equal(uiOf("--ui", "on", "--host", "0.0.0.0"), true);
    assert.equal(uiOf("--ui=AUTO", "--host", "0.0.0.0"), false);
    assert.equal(serveConfig([], { RERANKER_UI: "false" }).ui, false);
    assert.equal(serveConfig([], { RERANKER_UI: "true", RERANKER_HOST: "::" }).ui, true);
  });

  test("says what it takes", () => {
    assert.deepEqual(serveProblems(["--ui", "maybe"]), [
      "--ui must be one of on, off, auto, got: `maybe`",
    ]);
  });
});
