"""Makes lists across languages: of questions with passages in another one, of sentences and their translations, and of
documents that exist in several."""

from __future__ import annotations

import random
import re
from collections import defaultdict

from lists.bm25 import Bm25
from lists.data import Pair, Source, read_pairs
from lists.mined import HARD, Mined, other_number
from lists.store import Store

_COMMAND = re.compile(r"`([^`]*)`\s*$")


def add_cross_questions(store: Store, source: Source, pivots: dict[str, list[str]], rng: random.Random) -> None:
    """Questions whose passages are in another language, with the negatives of the same passage's own questions."""
    pairs = read_pairs(source)
    passages = [p.passage for p in pairs]
    for pair in pairs:
        negatives = pivots.get(pair.passage) or rng.sample(passages, min(HARD, len(passages)))
        store.add(
            f"cross-question/{source.name}", pair.query, pair.passage, [p for p in negatives if p != pair.passage]
        )


def add_parallel(store: Store, source: Source, rng: random.Random) -> None:
    """Sentences and their translations, both ways; negatives are translations of like sentences, in both languages."""
    pairs = [p for p in read_pairs(source) if 12 <= len(p.query) <= 420]
    there = {p.query: p.passage for p in pairs}
    back = {p.passage: p.query for p in pairs}
    mined = Mined(pairs)
    english = Mined([Pair(p.passage, p.query, p.doc) for p in pairs])
    like = english.index.top([p.query for p in pairs], 24)
    alike = mined.index.top([p.passage for p in pairs], 24)
    for pair, near, close in zip(pairs, like, alike, strict=True):
        for query, answer, found, other in (
            (pair.query, pair.passage, [english.passages[i] for i in near], there),
            (pair.passage, pair.query, [mined.passages[i] for i in close], back),
        ):
            found = [text for text in found if text != query and text in other]
            translated = [other[text] for text in found[:12] if other[text] != answer]
            changed = other_number(answer, query, rng)
            negatives = translated + rng.sample(found[:8], min(3, len(found[:8]))) + ([changed] if changed else [])
            store.add(f"parallel/{source.name}", query, answer, negatives)


def add_aligned(
    store: Store, sort: str, aligned: list[dict[str, Pair]], rng: random.Random, count: int, describe
) -> None:
    """Lists across languages: each row of `aligned` has the same section in several languages.

    `describe` makes the text of a candidate from its pair."""
    by_doc: dict[tuple[str, str], list[str]] = defaultdict(list)
    by_lang: dict[str, list[str]] = defaultdict(list)
    for row in aligned:
        for lang, pair in row.items():
            by_doc[lang, pair.doc].append(describe(pair))
            by_lang[lang].append(describe(pair))
    rows = [row for row in aligned if len(row) > 1]
    drawn = []
    for _ in range(count):
        row = rng.choice(rows)
        asked, given = rng.sample(sorted(row), 2)
        if row[asked].query != describe(row[given]):
            drawn.append((row, asked, given))
    same_words = look_alikes(drawn, by_lang)
    for (row, asked, given), alike in zip(drawn, same_words, strict=True):
        query, answer = row[asked].query, describe(row[given])
        near = [t for t in by_doc[given, row[given].doc] if t != answer]
        far = by_lang[given]
        negatives = rng.sample(near, min(8, len(near))) + rng.sample(far, min(4, len(far)))
        # The user's notes are of several languages: so are these. What shares the query's words is no answer here.
        said = {describe(pair) for pair in row.values()} | {query}
        alike = [t for t in alike if t not in said]
        negatives += rng.sample(alike, min(6, len(alike)))
        if rng.random() < 0.4:
            own = [t for t in by_doc[asked, row[asked].doc] if t not in said]
            third = [t for lang in row if lang not in (asked, given) for t in by_doc[lang, row[lang].doc]]
            negatives += rng.sample(own, min(4, len(own)))
            negatives += [t for t in rng.sample(third, min(4, len(third))) if t not in said]
        negatives = [t for t in dict.fromkeys(negatives) if t != answer]
        store.add(f"{sort}/{asked}-{given}" if sort == "cross-heading" else f"{sort}/all", query, answer, negatives)


def look_alikes(drawn: list[tuple[dict[str, Pair], str, str]], by_lang: dict[str, list[str]]) -> list[list[str]]:
    """For each query the texts of its own language that share most of its words."""
    found: list[list[str]] = [[] for _ in drawn]
    for lang in sorted({asked for _, asked, _ in drawn}):
        numbers = [i for i, (_, asked, _) in enumerate(drawn) if asked == lang]
        texts = sorted(set(by_lang[lang]))
        ranked = Bm25(texts).top([drawn[i][0][lang].query for i in numbers], 12)
        for i, best in zip(numbers, ranked, strict=True):
            found[i] = [texts[j] for j in best]
    return found


def align_commands(sources: list[Source]) -> list[dict[str, Pair]]:
    """tldr's descriptions by page and command, in all languages that have them."""
    rows: dict[tuple[str, str], dict[str, Pair]] = defaultdict(dict)
    for source in sources:
        if source.kind != "tldr":
            continue
        for pair in read_pairs(source):
            command = _COMMAND.search(pair.passage)
            if command and pair.doc:
                page = "/".join(pair.doc.split("/")[1:])
                rows[page, re.sub(r"{{.*?}}", "{}", command[1])].setdefault(source.lang, pair)
    return list(rows.values())


def align_headings(sources: list[Source]) -> list[dict[str, Pair]]:
    """Sections of documentation by document and place, of the languages in which the document has as many."""
    documents: dict[tuple[str, str], dict[str, list[Pair]]] = defaultdict(dict)
    for source in sources:
        if not (source.kind.startswith("docs-") or source.kind in ("cncf-glossary", "pydocs-faq")):
            continue
        found: dict[str, list[Pair]] = defaultdict(list)
        for pair in read_pairs(source):
            if pair.doc:
                found[pair.doc].append(pair)
        for doc, pairs in found.items():
            key = re.sub(rf"/{source.lang}(-[a-zA-Z]+)?(?=/)", "/_", doc).removeprefix("pages/")
            documents[source.kind, key].setdefault(source.lang, pairs)
    rows = []
    for languages in documents.values():
        sizes = [len(pairs) for pairs in languages.values()]
        usual = max(set(sizes), key=sizes.count)
        same = {lang: pairs for lang, pairs in languages.items() if len(pairs) == usual}
        if len(same) > 1:
            rows.extend({lang: pairs[i] for lang, pairs in same.items()} for i in range(usual))
    return rows


def description(pair: Pair) -> str:
    return pair.query


def passage(pair: Pair) -> str:
    return pair.passage
