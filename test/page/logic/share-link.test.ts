import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { defaultSettings } from "../../../page/src/logic/settings.ts";
import { fragmentOf, readFragment } from "../../../page/src/logic/share-link.ts";

const shared = {
  query: "내일 회의",
  candidates: "오늘 점심\nمرحبا 😀",
  settings: { ...defaultSettings, topN: 3, longDocuments: "windows" as const },
  other: undefined,
};

suite("the link", () => {
  test("gives back the state, as characters that every program takes for one link", async () => {
    for (const state of [shared, { ...shared, other: { ...defaultSettings, model: "o/n" } }]) {
      const fragment = await fragmentOf(state);

      assert.match(fragment ?? "", /^v1=[\w-]+$/);
      assert.deepEqual(await readFragment(`#${fragment}`), state);
    }
  });

  test("is not made of what would not fit into one", async () => {
    const noise = Array.from({ length: 60_000 }, (_char, at) =>
      String.fromCharCode(0xac00 + ((at * 7919) % 11_000)),
    ).join("");

    assert.equal(await fragmentOf({ ...shared, candidates: noise }), undefined);
  });

  test("is refused where it is damaged, of another kind, or unfolds to something huge", async () => {
    const whole = (await fragmentOf(shared)) ?? "";
    const huge = await fragmentOf({ ...shared, candidates: "a".repeat(17_000_000) });

    for (const fragment of ["", "#results", "v1=", "v1=%%", whole.slice(0, -9), huge ?? ""]) {
      assert.equal(await readFragment(fragment), undefined, fragment.slice(0, 40));
    }
    assert(huge);
  });

  test("carries no settings that the form could not hold", async () => {
    const odd = { topN: -3, rawScores: "yes", truncationDirection: 7, model: {} };
    const fragment = await fragmentOf({ ...shared, settings: odd as never });

    assert.deepEqual((await readFragment(fragment ?? ""))?.settings, defaultSettings);
  });
});
