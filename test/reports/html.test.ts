import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { html, pageOf, tableOf } from "../../src/reports/html.ts";

suite("html", () => {
  test("escapes texts and keeps pieces", () => {
    const piece = html`<b>${`<script>"&'`}</b>`;

    assert.equal(html`${piece}${[piece]}${1}`.text, `${piece.text.repeat(2)}1`);
    assert.equal(piece.text, "<b>&lt;script&gt;&quot;&amp;&#39;</b>");
  });

  test("makes a page that loads and runs nothing", () => {
    const page = pageOf({ title: "<a>", body: tableOf(["h"], [["<c>"]], [0]) });

    assert.match(page, /<title>&lt;a&gt;<\/title>/);
    assert.match(page, /<td class="number">&lt;c&gt;<\/td>/);
    assert.match(page, /default-src 'none'/);
    assert.doesNotMatch(page, /<script|src=|href=/);
  });
});
