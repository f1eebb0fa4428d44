"""The mined lists as token ids, and which stage may learn from which.

What embeddings have learned by heart looks like meaning to whatever reads them next. So the passages are dealt out by
number: embeddings learn from the lists of one half of them, heads from the other half, but for a few that are held out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from settings import END, PAD, START

LONGEST_QUERY = 160
FEWEST_CANDIDATES = 8
# Of 100 parts: the first are for embeddings, those from HELD_OUT_FROM on for measuring, the ones between for heads.
PARTS, HEADS_FROM, HELD_OUT_FROM = 100, 50, 98
# Two large primes: consecutive numbers come into different parts.
FACTOR, MODULUS = 2_654_435_761, 1_000_003


def pad_rows(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of ids as one `[rows, longest]` int64 array."""
    ids = np.full((len(rows), max(map(len, rows))), PAD, np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return ids


class Lists:
    """The mined lists."""

    def __init__(self, path: Path) -> None:
        stored = np.load(path)
        self._tokens, self._ends = stored["tokens"], stored["text_ends"]
        self.queries, self.candidates = stored["queries"], stored["candidates"]
        self.labels, self.groups, self.weights = stored["labels"], stored["groups"], stored["weights"]
        self._pool, self._pool_ends = stored["pool"], stored["pool_ends"]
        self._part = self.candidates[:, 0].astype(np.int64) * FACTOR % MODULUS % PARTS

    def text(self, i: int) -> np.ndarray:
        return self._tokens[self._ends[i - 1] if i else 0 : self._ends[i]]

    def pools(self) -> list[np.ndarray]:
        """Per set the numbers of its passages."""
        return np.split(self._pool, self._pool_ends[:-1])

    def for_embeddings(self) -> np.ndarray:
        """The lists that embeddings learn from."""
        return np.flatnonzero(self._part < HEADS_FROM)

    def for_heads(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """`count` of the lists that heads learn from, drawn by weight."""
        chosen = np.flatnonzero((self._part >= HEADS_FROM) & (self._part < HELD_OUT_FROM) & self._long())
        shares = self.weights[chosen] / self.weights[chosen].sum()
        return rng.choice(chosen, count, replace=False, p=shares)

    def held_out(self, count: int) -> np.ndarray:
        """`count` lists that nothing learns from."""
        chosen = np.flatnonzero((self._part >= HELD_OUT_FROM) & self._long())
        return np.random.default_rng(0).permutation(chosen)[:count]

    def _long(self) -> np.ndarray:
        return (self.candidates >= 0).sum(1) >= FEWEST_CANDIDATES

    def rows(self, index: int, limit: int) -> tuple[list[np.ndarray], np.ndarray]:
        """A row of at most `limit` ids for every candidate of a list, the positive first, and their labels."""
        known = self.candidates[index] >= 0
        query = self.text(self.queries[index])[: min(limit // 2, LONGEST_QUERY)]
        room = limit - len(query) - 4
        passages = [self.text(i)[:room] for i in self.candidates[index][known]]
        rows = [np.concatenate([[START], query, [END, END], passage, [END]]) for passage in passages]
        return rows, self.labels[index][known]
