"""Makes lists in which a few words of a sentence look for it among sentences like it."""

from __future__ import annotations

import random
import re

from lists.bm25 import Bm25, terms
from lists.mined import HARD, TOP
from lists.store import Store

# The label of a sentence that holds a part of the query's words, per share of them.
PARTIAL = 0.4

_SENTENCE_END = re.compile(r"(?<=[.!?。！？।])\s*|\n+")
_PARTICLE = re.compile(
    r"(?<=[가-힣]{2})(?:에서는|에서|으로|에게|까지|부터|하는|하고|이나|은|는|이|가|을|를|에|의|로|와|과|도|만)$"
)
_EDGES = re.compile(r"^\W+|\W+$")


def keywords(sentence: str, rng: random.Random) -> str | None:
    """One to four of a sentence's words as somebody would type them, or None if it has too few."""
    if " " in sentence:
        words = [_EDGES.sub("", word) for word in sentence.split()]
        words = [_PARTICLE.sub("", word) for word in words if len(word) > 1]
    else:
        words = re.findall(r"[ァ-ヿ]{2,8}|[一-鿿]{2,4}|[A-Za-z0-9]{2,}|[฀-๿]{3,8}", sentence)
    words = list(dict.fromkeys(word for word in words if 1 < len(word) < 16))
    if len(words) < 3:
        return None
    chosen = rng.sample(words, min(rng.randint(1, 4), len(words)))
    return " ".join(chosen)


def add_sentences(store: Store, lang: str, texts: list[str], count: int, rng: random.Random) -> None:
    """Lists in which a few words of a sentence look for the sentence among those like it."""
    sentences = {s.strip() for text in texts for s in _SENTENCE_END.split(text)}
    pool = sorted(s for s in sentences if 12 <= len(s) <= 180)
    pool = rng.sample(pool, min(len(pool), max(3 * count, 4000)))
    made = [(s, q) for s, q in ((s, keywords(s, rng)) for s in pool) if q][:count]
    if len(made) < 40:
        return
    ranked = Bm25(pool).top([query for _, query in made], TOP)
    for (sentence, query), best in zip(made, ranked, strict=True):
        wanted = set(terms(query))
        negatives, grades = [], []
        for i in rng.sample(list(best), min(HARD, len(best))):
            share = len(wanted & set(terms(pool[i]))) / max(len(wanted), 1)
            if pool[i] != sentence and share < 0.8:
                negatives.append(pool[i])
                grades.append(PARTIAL * share)
        store.add(f"sentence/{lang}", query, sentence, negatives, grades)
