"""Candidate lists for training, kept as texts while they are made and as token ids afterwards."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

# Longest text that is kept, in tokens; a pair takes at most 512.
LONGEST = 480


@dataclass
class Store:
    """Lists of many kinds. Texts are numbered; `kinds` names what a list is drawn by, with its share of the draws."""

    texts: dict[str, int] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    query: list[int] = field(default_factory=list)
    positive: list[int] = field(default_factory=list)
    negatives: list[list[int]] = field(default_factory=list)
    graded: list[list[float]] = field(default_factory=list)

    def number(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def add(
        self, kind: str, query: str, positive: str, negatives: list[str], grades: list[float] | None = None
    ) -> None:
        """A list: `positive` answers `query`, `negatives` do not, or only by their grade from 0 to 1."""
        if kind not in self.kinds:
            self.kinds.append(kind)
        self.kind.append(self.kinds.index(kind))
        self.query.append(self.number(query))
        self.positive.append(self.number(positive))
        self.negatives.append([self.number(text) for text in negatives])
        self.graded.append(grades or [0.0] * len(negatives))

    def save(self, path: Path, tokenizer: Tokenizer) -> None:
        """Tokenizes all texts and writes everything as one .npz."""
        texts = list(self.texts)
        ids: list[np.ndarray] = []
        for first in range(0, len(texts), 4096):
            batch = tokenizer.encode_batch(texts[first : first + 4096], add_special_tokens=False)
            ids.extend(np.array(found.ids[:LONGEST], np.int32) for found in batch)
        counts = [len(found) for found in self.negatives]
        np.savez(
            path,
            tokens=np.concatenate(ids),
            ends=np.cumsum([len(found) for found in ids]),
            kinds=np.array(self.kinds),
            kind=np.array(self.kind, np.int32),
            query=np.array(self.query, np.int32),
            positive=np.array(self.positive, np.int32),
            negatives=np.array([i for found in self.negatives for i in found], np.int32),
            grades=np.array([g for found in self.graded for g in found], np.float32),
            negative_ends=np.cumsum(counts),
        )


class Lists:
    """The lists of a file that `Store.save` wrote, drawn by kind."""

    def __init__(self, path: Path) -> None:
        file = np.load(path)
        for name in ("tokens", "ends", "kind", "query", "positive", "negatives", "grades", "negative_ends"):
            setattr(self, name, file[name])
        self.kinds = [str(name) for name in file["kinds"]]
        self.of_kind = [np.flatnonzero(self.kind == i) for i in range(len(self.kinds))]

    def text(self, number: int) -> list[int]:
        start = self.ends[number - 1] if number else 0
        return self.tokens[start : self.ends[number]].tolist()

    def candidates(self, number: int, count: int, rng: random.Random) -> tuple[list[int], list[float]]:
        """Text numbers of the positive and of `count` negatives, and their grades; filled up at random."""
        start = self.negative_ends[number - 1] if number else 0
        span = range(start, self.negative_ends[number])
        chosen = rng.sample(span, min(count, len(span)))
        texts = [int(self.positive[number])] + [int(self.negatives[i]) for i in chosen]
        grades = [1.0] + [float(self.grades[i]) for i in chosen]
        same_kind = self.of_kind[self.kind[number]]
        while len(texts) < count + 1:
            other = int(self.positive[same_kind[rng.randrange(len(same_kind))]])
            if other in texts:
                other = int(self.positive[rng.randrange(len(self.positive))])
            if other not in texts:
                texts.append(other)
                grades.append(0.0)
        return texts, grades
