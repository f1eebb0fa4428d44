"""Draws what a step of training reads: lists by their sort, and of their negatives the hardest."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

import torch
from torch import nn

from lists.store import Lists
from model.reranker import MAX_QUERY, MAX_TOKENS, join

# One list in so many is held out.
HELD_OUT = 97
# Shares of the draws by sort of list; within a sort, sets are drawn by the square root of their size.
SHARES = {
    "question": 0.29,
    "cross-question": 0.05,
    "parallel": 0.06,
    "cross-command": 0.06,
    "cross-heading": 0.08,
    "heading": 0.05,
    "command": 0.02,
    "sentence": 0.04,
    "everyday": 0.32,
    "chat": 0.03,
    "taught": 0.6,
    "papers": 0.3,
    "answers": 0.3,
}
# Sorts whose grades only compare the candidates: that the best of a list is relevant is not said.
RELATIVE = {"taught", "papers", "answers"}
# Negatives of a list, by its sort: notes are short, and each of theirs tells something.
NEGATIVES, MORE_NEGATIVES = 5, {"everyday": 8, "taught": 8, "papers": 8, "answers": 8}
MOST_NEGATIVES = max(NEGATIVES, *MORE_NEGATIVES.values())
# Sorts whose negatives are chosen by the model out of more, and how many of those chosen are taken at random.
CHOSEN, AT_RANDOM = {"question", "cross-question", "cross-heading", "parallel"}, 1
# Of a row, what is read to choose negatives: reading them whole takes as long as training on those chosen.
CHOICE_TOKENS = 192


class Sample(NamedTuple):
    """A drawn list: joined rows, the best first, and their grades, which may only compare them."""

    rows: list[list[int]]
    grades: list[float]
    relative: bool


class Draw:
    """Draws lists: the same for the same seed, step and worker.

    `shares` replace those of `SHARES`; the share `whole` of the lists is read up to 512 tokens a row, the others up to
    256; lists of the sorts in `CHOSEN` have `offered` negatives where that is more than usual.
    """

    def __init__(
        self, lists: Lists, shares: dict[str, float] | None = None, whole: float = 0.25, offered: int = 0
    ) -> None:
        self.lists = lists
        self.whole = whole
        self.offered = offered
        shares = SHARES | (shares or {})
        weights = [0.0] * len(lists.kinds)
        by_sort: dict[str, list[int]] = {}
        for i, kind in enumerate(lists.kinds):
            by_sort.setdefault(kind.split("/")[0], []).append(i)
        for sort, kinds in by_sort.items():
            roots = [math.sqrt(len(lists.of_kind[i])) for i in kinds]
            for i, root in zip(kinds, roots, strict=True):
                weights[i] = shares[sort] * root / sum(roots)
        self.weights = weights

    def list(self, rng: random.Random) -> Sample:
        lists = self.lists
        while True:
            kind = rng.choices(range(len(self.weights)), self.weights)[0]
            number = int(lists.of_kind[kind][rng.randrange(len(lists.of_kind[kind]))])
            if number % HELD_OUT:
                break
        sort = lists.kinds[kind].split("/")[0]
        negatives = MORE_NEGATIVES.get(sort, NEGATIVES)
        if sort in CHOSEN:
            negatives = max(negatives, self.offered)
        texts, grades = lists.candidates(number, negatives, rng)
        query = lists.text(int(lists.query[number]))[:MAX_QUERY]
        limit = MAX_TOKENS if rng.random() < self.whole else 256
        return Sample([join(query, lists.text(text), limit) for text in texts], grades, sort in RELATIVE)

    def batch(self, seed: int, step: int, worker: int, tokens: int) -> list[Sample]:
        """Lists of about so many tokens."""
        rng = random.Random(f"{seed} {step} {worker}")
        found, total = [], 0
        while total < tokens:
            sample = self.list(rng)
            size = sum(map(len, sample.rows)) * min(1, (kept(sample.rows) + 1) / len(sample.rows))
            if found and total + size > tokens * 1.3:
                break
            found.append(sample)
            total += size
        return found


def kept(rows: list[list[int]]) -> int:
    """How many negatives of a list are trained on."""
    return NEGATIVES if len(rows) > 1 + MOST_NEGATIVES else len(rows) - 1


def choose(model: nn.Module, batch: list[Sample], rng: random.Random) -> list[Sample]:
    """The batch with the negatives that the model finds most relevant, and a few others, where a list offers more."""
    long = [rows for rows, _, _ in batch if kept(rows) < len(rows) - 1]
    if not long:
        return batch
    with torch.no_grad():
        logits = model([row[:CHOICE_TOKENS] for rows in long for row in rows]).tolist()
    result, at = [], 0
    for sample in batch:
        rows, grades, relative = sample
        if kept(rows) == len(rows) - 1:
            result.append(sample)
            continue
        order = sorted(range(1, len(rows)), key=lambda i: -logits[at + i])
        hard = kept(rows) - AT_RANDOM
        chosen = [0, *order[:hard], *rng.sample(order[hard:], AT_RANDOM)]
        result.append(Sample([rows[i] for i in chosen], [grades[i] for i in chosen], relative))
        at += len(rows)
    return result
