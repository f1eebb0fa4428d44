"""Draws training lists of encoded pairs from the mined lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from settings import END, PAD, START

LIST_SIZE = 8
HELD_OUT = 160
LONGEST_QUERY = 160
# Share of pairs whose passage is cut to the stretch that shares most with the query, not to its beginning.
BEST_STRETCH = 0.6
ANYWHERE = 0.2


def pad_rows(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of ids as one `[rows, longest]` int64 array."""
    ids = np.full((len(rows), max(map(len, rows))), PAD, np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return ids


class Lists:
    """The mined lists. Drawing is repeatable: it depends on the seed and on the calls so far."""

    def __init__(self, path: Path, seed: int) -> None:
        stored = np.load(path)
        self._tokens, self._ends = stored["tokens"], stored["text_ends"]
        self._queries, self._candidates = stored["queries"], stored["candidates"]
        self._labels, self._groups = stored["labels"], stored["groups"]
        self._pool, self._pool_ends = stored["pool"], stored["pool_ends"]
        self._rng = np.random.default_rng(seed)
        order = np.random.default_rng(0).permutation(len(self._queries))
        self.held_out = order[:HELD_OUT]
        self._order = np.repeat(order[HELD_OUT:], stored["weights"][order[HELD_OUT:]])
        self._rng.shuffle(self._order)
        self._cursor = 0
        counts = np.bincount(self._tokens, minlength=int(self._tokens.max()) + 1)
        self._rarity = np.log(counts.sum() / (counts + 1.0)).astype(np.float32)

    def state(self) -> dict:
        return {"rng": self._rng.bit_generator.state, "cursor": self._cursor, "order": self._order}

    def restore(self, state: dict) -> None:
        self._rng.bit_generator.state = state["rng"]
        self._cursor, self._order = state["cursor"], state["order"]

    def text(self, i: int) -> np.ndarray:
        return self._tokens[self._ends[i - 1] if i else 0 : self._ends[i]]

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Text numbers of all queries that are not held out, and of their first candidates."""
        kept = np.sort(np.setdiff1d(np.arange(len(self._queries)), self.held_out))
        return self._queries[kept], self._candidates[kept, 0]

    def _random_from(self, group: int) -> int:
        start = self._pool_ends[group - 1] if group else 0
        return int(self._pool[self._rng.integers(start, self._pool_ends[group])])

    def _stretch(self, query: np.ndarray, passage: np.ndarray, room: int) -> np.ndarray:
        """The `room` tokens that share the most and rarest tokens with the query."""
        if len(passage) <= room:
            return passage
        shared = np.where(np.isin(passage, query), self._rarity[passage], 0)
        total = np.concatenate([[0.0], np.cumsum(shared)])
        start = int(np.argmax(total[room:] - total[:-room]))
        return passage[start : start + room]

    def encode(self, index: int, candidates: list[int], limit: int, best: bool) -> list[np.ndarray]:
        """One row of ids per candidate, at most `limit` long."""
        query = self.text(self._queries[index])[: min(limit // 2, LONGEST_QUERY)]
        room = limit - len(query) - 4
        rows = []
        for candidate in candidates:
            passage = self.text(candidate)
            passage = self._stretch(query, passage, room) if best else passage[:room]
            rows.append(np.concatenate([[START], query, [END, END], passage, [END]]))
        return rows

    def _sample(self, index: int, hardness: float) -> tuple[list[int], list[float]]:
        """The positive and negatives, each a hard one with probability `hardness`, else a random one."""
        stored, labels = self._candidates[index], self._labels[index]
        known = int((stored >= 0).sum())
        graded = labels[0] < 1
        slots = LIST_SIZE - 1
        count = slots - 1 if graded else int(self._rng.binomial(slots, hardness))
        hard = self._rng.permutation(np.arange(1, known))[:count]
        chosen = [int(stored[0]), *(int(stored[i]) for i in hard)]
        wanted = [float(labels[0]), *(float(labels[i]) for i in hard)]
        while len(chosen) < LIST_SIZE:
            anywhere = graded or self._rng.random() < ANYWHERE
            group = int(self._rng.integers(len(self._pool_ends))) if anywhere else self._groups[index]
            other = self._random_from(group)
            if other not in stored:
                chosen.append(other)
                wanted.append(0.0)
        return chosen, wanted

    def step(self, count: int, hardness: float, limit: int) -> tuple[list[np.ndarray], np.ndarray]:
        """The rows of `count` lists one after another, and labels `[count, LIST_SIZE]`."""
        rows: list[np.ndarray] = []
        labels = np.zeros((count, LIST_SIZE), np.float32)
        for made in range(count):
            if self._cursor == len(self._order):
                self._cursor = 0
                self._rng.shuffle(self._order)
            index = int(self._order[self._cursor])
            self._cursor += 1
            candidates, labels[made] = self._sample(index, hardness)
            rows.extend(self.encode(index, candidates, limit, self._rng.random() < BEST_STRETCH))
        return rows, labels

    def unseen_rows(self, count: int, limit: int) -> tuple[list[list[np.ndarray]], list[np.ndarray]]:
        """All stored candidates of the next `count` lists that no step has drawn, and their labels."""
        drawn = set(self._order[: self._cursor].tolist())
        fresh = dict.fromkeys(int(i) for i in self._order[self._cursor :] if int(i) not in drawn)
        rows, labels = [], []
        for index in fresh:
            if (self._candidates[index] >= 0).sum() < LIST_SIZE:
                continue
            made, wanted = self.stored_rows(index, limit)
            rows.append(made)
            labels.append(wanted)
            if len(rows) == count:
                break
        return rows, labels

    def stored_rows(self, index: int, limit: int) -> tuple[list[np.ndarray], np.ndarray]:
        """All stored candidates of a list, the positive first, and their labels."""
        known = self._candidates[index] >= 0
        candidates = [int(c) for c in self._candidates[index][known]]
        return self.encode(index, candidates, limit, False), self._labels[index][known]
