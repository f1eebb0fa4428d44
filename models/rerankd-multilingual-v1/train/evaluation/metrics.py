"""nDCG@10 and MRR@10 of a ranking, and a sample of the dev lists to take them on.

nDCG takes gain 2^rel - 1 and the ideal order of all relevant texts, found or not. BM25 is the candidates' own order;
lists that have none are shuffled, and scored by `bm25.py`.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from lists.bm25 import Bm25
from lists.data import DevList, read_dev

DEPTH = 10


def gains(labels: list[float]) -> np.ndarray:
    return 2.0 ** np.array(labels) - 1


def discounts(count: int) -> np.ndarray:
    return 1 / np.log2(np.arange(min(count, DEPTH)) + 2)


def ndcg(item: DevList, scores: np.ndarray) -> float:
    best = np.sort(gains(item.ideal))[::-1][:DEPTH]
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    return float(gains(item.labels)[order] @ discounts(len(order)) / (best @ discounts(len(best))))


def mrr(item: DevList, scores: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    hits = np.flatnonzero(np.array(item.labels)[order] > 0)
    return 1 / (1 + int(hits[0])) if len(hits) else 0.0


def bm25_scores(item: DevList) -> np.ndarray:
    if item.scored:
        return -np.arange(len(item.texts), dtype=float)
    return Bm25(item.texts).scores(item.query)


def sample_lists(path: Path, limit: int) -> list[DevList]:
    """At most `limit` lists of a dev file (0: all), the same each time; lists in no order are shuffled."""
    lists = read_dev(path)
    rng = random.Random(5)
    if limit and len(lists) > limit:
        lists = rng.sample(lists, limit)
    shuffled = []
    for item in lists:
        order = list(range(len(item.texts)))
        if not item.scored:
            rng.shuffle(order)
        texts, labels = [item.texts[i] for i in order], [item.labels[i] for i in order]
        shuffled.append(DevList(item.query, texts, labels, item.ideal, item.scored))
    return shuffled
