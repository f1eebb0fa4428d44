"""Finds negatives of a set's queries: what BM25 ranks highest among its passages, and others of the same document."""

from __future__ import annotations

import random
import re
from collections import defaultdict

from lists.bm25 import Bm25
from lists.data import Pair

HARD = 16
TOP = 34

_NUMBER = re.compile(r"\d+")


def other_number(text: str, query: str, rng: random.Random) -> str | None:
    """The text with one of the query's numbers changed everywhere; None if it has none of them."""
    wanted = set(_NUMBER.findall(query))
    found = [n for n in _NUMBER.findall(text) if n in wanted]
    if not found:
        return None
    number = rng.choice(found)
    other = number
    while other == number:
        digits = list(number)
        place = rng.randrange(len(digits))
        digits[place] = rng.choice("123456789")
        other = "".join(digits)
    return re.sub(rf"(?<!\d){number}(?!\d)", other, text)


class Mined:
    """A set's passages with what BM25 finds among them."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.passages = sorted({p.passage for p in pairs})
        self.index = Bm25(self.passages)
        self.answers: dict[str, set[str]] = defaultdict(set)
        self.siblings: dict[str, list[str]] = defaultdict(list)
        for pair in pairs:
            self.answers[pair.query.lower()].add(pair.passage)
            if pair.doc:
                self.siblings[pair.doc].append(pair.passage)

    def negatives(self, pairs: list[Pair], rng: random.Random) -> list[list[str]]:
        """Hard negatives for each pair's query."""
        result = []
        for pair, best in zip(pairs, self.index.top([p.query for p in pairs], TOP), strict=True):
            answers = self.answers[pair.query.lower()] | {pair.passage}
            start = pair.passage[:60]
            hard = [self.passages[i] for i in best]
            hard = [p for p in hard if p not in answers and not p.startswith(start)]
            near = [p for p in self.siblings[pair.doc] if p not in answers] if pair.doc else []
            near = rng.sample(near, min(4, len(near))) if len(near) <= 60 else []
            changed = other_number(pair.passage, pair.query, rng)
            rest = hard[:8] + rng.sample(hard[8:], min(HARD - 8, len(hard[8:])))
            result.append(list(dict.fromkeys(near + rest + ([changed] if changed else []))))
        return result
