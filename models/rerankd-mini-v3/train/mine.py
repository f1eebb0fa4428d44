"""Turns the training sets into candidate lists and stores them as texts.

Each list has one query, its passage, and negatives: the passages BM25 ranks highest in the same set, and
other passages of the same document. Where BM25 does not find the passage itself, its best are left out, and
random ones are drawn in training: else training would learn that a high BM25 score speaks against a passage. Two kinds of short lists are made besides: a few words of a sentence
that look for that sentence, and the notes of `notes.py`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bm25 import Bm25, terms
from data import DEFAULT_DATA, Pair, Source, read_pairs, training_sources
from notes import note_lists

HARD = 14
TOP = 30
MAIN_LANGS = ("ko", "en", "ja", "zh")

# At most so many queries of a set; the first rule whose key starts the set's name or its kind holds.
CAPS = {
    "ko__tldr": 3000,
    "ko__docs-mscpp": 4000,
    "ko__chatbot-qa": 1500,
    "en__tldr": 1500,
    "ja__jaquad": 12_000,
    "zh__cmrc": 9000,
    "en__medquad": 4000,
    "en__nqg": 8000,
    "fa__pquad": 5000,
    "th__iapp": 5000,
    "tr__thquad": 5000,
    "en2ko": 3000,
    "en2": 1000,
    "koziev": 2000,
    "afriqa-cross": 200,
    "tldr": 250,
    "docs-": 300,
}
MAIN_DOCS_CAP = 1500

# Lists made from single sentences, and from notes, per language.
SENTENCE_LISTS = {"ko": 10_000, "en": 3000, "ja": 3000, "zh": 3000}
OTHER_SENTENCE_LISTS = 150
NOTE_LISTS = {"ko": 4000, "en": 1500, "ja": 1500, "zh": 1500}

# How often a set's lists are drawn, where not once: human questions, Korean, and notes.
WEIGHTS = dict.fromkeys(
    (
        "ja__jaquad",
        "zh__cmrc",
        "zh__drcd",
        "th__iapp",
        "tr__thquad",
        "fa__pquad",
        "no__norquad",
        "en__afriqa",
        "en__qed",
        "en__nqg",
        "id__idk",
        "ko__kobest",
        "he__heq",
        "pt__faquad",
        "fr__piaf",
        "fr__afriqa",
    ),
    3,
)
WEIGHTS |= {"ko__docs-": 2, "ko__chatbot": 2, "pira": 2, "pubmedqa": 2}
KOREAN_SENTENCE_WEIGHT = 2
NOTE_WEIGHTS = {"ko": 5, "en": 3, "ja": 3, "zh": 3}

# The label of a sentence that holds a part of the query's words, per share of them.
PARTIAL = 0.45

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s*|\n+")
_PARTICLE = re.compile(
    r"(?<=[가-힣]{2})(?:에서는|에서|으로|에게|까지|부터|하는|하고|이나|은|는|이|가|을|를|에|의|로|와|과|도|만)$"
)
_EDGES = re.compile(r"^\W+|\W+$")


@dataclass
class ListStore:
    """Texts in one pool; per list a query, candidates (the positive first), their labels, and a weight."""

    weight: int = 1
    ids: dict[str, int] = field(default_factory=dict)
    queries: list[int] = field(default_factory=list)
    candidates: list[list[int]] = field(default_factory=list)
    labels: list[list[float]] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    pools: list[list[int]] = field(default_factory=list)
    langs: list[str] = field(default_factory=list)

    def text(self, text: str) -> int:
        return self.ids.setdefault(text, len(self.ids))

    def group(self, lang: str, passages: list[str], weight: int = 1) -> int:
        """Starts a set whose passages serve as each other's random negatives."""
        self.weight = weight
        self.langs.append(lang)
        self.pools.append([self.text(p) for p in passages])
        return len(self.pools) - 1

    def add(self, group: int, query: str, candidates: list[str], labels: list[float]) -> None:
        self.groups.append(group)
        self.weights.append(self.weight)
        self.queries.append(self.text(query))
        self.candidates.append([self.text(c) for c in candidates])
        self.labels.append(labels)

    def save(self, path: Path) -> None:
        """Writes texts and lists as JSON; `encode.py` turns them into token ids."""
        content = {
            "texts": list(self.ids),
            "queries": self.queries,
            "candidates": self.candidates,
            "labels": self.labels,
            "groups": self.groups,
            "weights": self.weights,
            "pools": self.pools,
            "langs": self.langs,
        }
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as out:
            json.dump(content, out, ensure_ascii=False)


def cap(source: Source) -> int:
    for key, limit in CAPS.items():
        if source.name.startswith(key):
            return limit
    if source.kind.startswith("docs-") and source.lang in MAIN_LANGS:
        return MAIN_DOCS_CAP
    return next((n for key, n in CAPS.items() if source.kind.startswith(key)), source.rows)


def weight(source: Source) -> int:
    kinds = (source.name, source.kind)
    return next((n for key, n in WEIGHTS.items() if any(k.startswith(key) for k in kinds)), 1)


def add_mined_lists(store: ListStore, source: Source, rng: random.Random) -> None:
    """Lists of a set's own pairs with hard negatives from the same set."""
    pairs = read_pairs(source)
    passages = sorted({p.passage for p in pairs})
    if len(passages) < HARD + 2:
        return
    group = store.group(source.lang, passages, weight(source))
    queries_of: dict[str, set[str]] = defaultdict(set)
    answers_to: dict[str, set[str]] = defaultdict(set)
    same_doc: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        queries_of[pair.passage].add(pair.query.lower())
        answers_to[pair.query.lower()].add(pair.passage)
        if pair.doc:
            same_doc[pair.doc].append(pair.passage)
    limit = cap(source)
    sample: list[Pair] = rng.sample(pairs, limit) if len(pairs) > limit else pairs
    ranked = Bm25(passages).top([pair.query for pair in sample], TOP)
    for pair, best in zip(sample, ranked, strict=True):
        answers = answers_to[pair.query.lower()]
        start = pair.passage[:60]
        found = pair.passage in (passages[i] for i in best)
        hard = [passages[i] for i in best if found and passages[i] not in answers]
        hard = [p for p in hard if not p.startswith(start)]
        siblings = same_doc[pair.doc] if pair.doc else []
        siblings = [p for p in siblings if p not in answers] if len(siblings) <= 40 else []
        near = rng.sample(siblings, min(2, len(siblings)))
        rest = rng.sample(hard, min(HARD - len(near), len(hard)))
        candidates = list(dict.fromkeys([pair.passage, *near, *rest]))
        store.add(group, pair.query, candidates, [1.0] + [0.0] * (len(candidates) - 1))


def keywords(sentence: str, rng: random.Random) -> str | None:
    """Two to four of a sentence's words as somebody would type them, or None if it has too few."""
    if " " in sentence:
        words = [_EDGES.sub("", word) for word in sentence.split()]
        words = [_PARTICLE.sub("", word) for word in words if len(word) > 1]
    else:
        words = re.findall(r"[ァ-ヿ]{2,8}|[一-鿿]{2,4}|[A-Za-z0-9]{2,}", sentence)
    words = list(dict.fromkeys(word for word in words if 1 < len(word) < 16))
    if len(words) < 3:
        return None
    chosen = rng.sample(words, min(rng.randint(2, 4), len(words)))
    return " ".join(chosen)


def add_sentence_lists(
    store: ListStore, lang: str, texts: list[str], count: int, rng: random.Random
) -> None:
    """Lists in which a few words of a sentence look for the sentence among those like it."""
    sentences = {s.strip() for text in texts for s in _SENTENCE_END.split(text)}
    pool = sorted(s for s in sentences if 12 <= len(s) <= 160)
    pool = rng.sample(pool, min(len(pool), max(3 * count, 4000)))
    found = [(s, keywords(s, rng)) for s in pool]
    made = [(s, q) for s, q in found if q][:count]
    if len(made) < 20:
        return
    group = store.group(lang, pool, KOREAN_SENTENCE_WEIGHT if lang == "ko" else 1)
    ranked = Bm25(pool).top([query for _, query in made], TOP)
    for (sentence, query), best in zip(made, ranked, strict=True):
        wanted = set(terms(query))
        negatives, labels = [], []
        for i in rng.sample(list(best), min(HARD, len(best))):
            share = len(wanted & set(terms(pool[i]))) / len(wanted)
            if pool[i] != sentence and share < 0.8:
                negatives.append(pool[i])
                labels.append(PARTIAL * share)
        store.add(group, query, [sentence, *negatives], [1.0, *labels])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--out", type=Path, default=Path("lists.json.gz"))
    args = parser.parse_args()
    rng = random.Random(7)
    store = ListStore()
    texts: dict[str, list[str]] = defaultdict(list)
    for source in training_sources(args.data):
        before = len(store.queries)
        add_mined_lists(store, source, rng)
        print(f"{source.name}: {len(store.queries) - before} lists", flush=True)
        if "parallel" not in source.kind:
            passages = {pair.passage for pair in read_pairs(source)}
            texts[source.lang].extend(sorted(passages))
    for lang, passages in sorted(texts.items()):
        before = len(store.queries)
        rng.shuffle(passages)
        count = SENTENCE_LISTS.get(lang, OTHER_SENTENCE_LISTS)
        add_sentence_lists(store, lang, passages[:12_000], count, rng)
        print(f"{lang} sentences: {len(store.queries) - before} lists", flush=True)
    for lang, count in NOTE_LISTS.items():
        lists = note_lists(lang, count, rng)
        notes = sorted({note for made in lists for note in made.notes})
        group = store.group(lang, notes, NOTE_WEIGHTS[lang])
        for made in lists:
            store.add(group, made.query, made.notes, made.labels)
    print(f"{len(store.queries)} lists, {len(store.ids)} texts", flush=True)
    store.save(args.out)


if __name__ == "__main__":
    main()
