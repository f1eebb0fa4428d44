import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { loadOnce } from "../src/load-once.ts";

suite("loadOnce()", () => {
  test("loads with the first call, and shares what was loaded", async () => {
    let loads = 0;
    const value = loadOnce(async () => ++loads);
    assert.equal(value.present(), undefined);

    assert.deepEqual(await Promise.all([value.get(), value.get()]), [1, 1]);
    assert.equal(await value.get(), 1);
    assert.equal(await value.present(), 1);
  });

  test("loads again after a failure, which everybody who waited hears of", async () => {
    let loads = 0;
    const value = loadOnce(async () => {
      loads += 1;
      if (loads === 1) throw new Error("out of memory");
      return loads;
    });

    const [first, second] = await Promise.allSettled([value.get(), value.get()]);
    assert.deepEqual([first.status, second.status, loads], ["rejected", "rejected", 1]);
    assert.equal(value.present(), undefined);

    assert.equal(await value.get(), 2);
  });
});
