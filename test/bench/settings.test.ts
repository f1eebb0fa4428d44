import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseSettings } from "../../bench/settings.ts";

suite("parseSettings()", () => {
  test("measures everything in five rounds by default", () => {
    const settings = parseSettings([]);
    assert.ok(settings !== "help");
    assert.deepEqual([settings.quick, settings.figures, settings.rounds], [false, [], 5]);
    assert.deepEqual(settings.soakDocuments, [10_000, 100_000]);
  });

  test("tells threads that were asked for from all that there are", () => {
    const [open, asked] = [[], ["--threads=1"]].map((argv) => parseSettings(argv));
    assert.ok(open !== undefined && open !== "help" && asked !== undefined && asked !== "help");
    assert.equal(open.threadsAsked, false);
    assert.deepEqual([asked.threadsAsked, asked.threads], [true, 1]);
  });

  test("takes several figures", () => {
    const settings = parseSettings(["--figure", "mixed", "--figure=rss_mb", "--rounds", "7"]);
    assert.ok(settings !== "help");
    assert.deepEqual([settings.figures, settings.rounds], [["mixed", "rss_mb"], 7]);
  });

  test("names the option that is not a number", () => {
    assert.throws(() => parseSettings(["--rounds", "many"]), /--rounds must be a whole number/);
    assert.throws(() => parseSettings(["--soak", "10"]), /--soak/);
  });

  test("rejects an option that does not exist", () => {
    assert.throws(() => parseSettings(["--fast"]), /--fast/);
  });
});
