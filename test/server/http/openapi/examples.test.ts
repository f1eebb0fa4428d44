import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { describedRoutes } from "../../../../page/described-routes.ts";
import { type ServerProcess, startServerProcess } from "../../../server-process.ts";
import { postJson } from "../../http-client.ts";

/** Fields of an answer that are different each time. */
const changing = ["id", "created", "timings"];

/** How far a score may be off on another processor. */
const tolerance = 0.02;

/** Asserts that two values are alike: the same but for numbers that are nearly so. */
function assertAlike(actual: unknown, expected: unknown, where: string): void {
  if (typeof expected === "number" && typeof actual === "number") {
    assert(Math.abs(actual - expected) <= tolerance, `${where}: ${actual}, not ${expected}`);
    return;
  }
  if (typeof expected !== "object" || expected === null) {
    assert.deepEqual(actual, expected, where);
    return;
  }
  assert(typeof actual === "object" && actual !== null, where);
  assert.deepEqual(Object.keys(actual), Object.keys(expected), where);
  for (const [key, value] of Object.entries(expected)) {
    // A document of the caller's may have an id, too.
    if (changing.includes(key) && !where.includes("document")) continue;
    assertAlike((actual as Record<string, unknown>)[key], value, `${where}.${key}`);
  }
}

suite("the examples of the API description", () => {
  let server: ServerProcess;
  before(async () => {
    server = await startServerProcess([]);
  });
  after(() => server?.stop());

  for (const { path, doc } of describedRoutes()) {
    for (const { name, body, answer } of doc.body?.examples ?? []) {
      test(`${name} of ${path} is answered as it says`, async () => {
        const { text } = await postJson(`${server.url}${path}`, body);
        assertAlike(JSON.parse(text), answer, name);
      });
    }
  }
});
