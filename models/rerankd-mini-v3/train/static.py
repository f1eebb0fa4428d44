"""Piece embeddings, and how much a piece is worth: spelling first, then company, then meaning.

A piece's vector starts as the sum of random vectors of its character n-grams and of its vector in `neighbours.py`, so
that pieces spelled alike and pieces used alike are alike. Then weighted bags of pieces learn to find what belongs to
them among a batch: a query its passage, and a part of a passage the rest of it. The second needs no queries, so there
is as much of it as there is text; the first alone is learned by heart soon. Most batches are of one set only, whose
texts are harder to tell apart.
"""

from __future__ import annotations

import argparse
import pickle
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from lists import Lists
from matching import RARITY_SCALE
from settings import Settings
from tables import UNSPACED, Tables, piece_texts

BATCH = 768
QUERY_TOKENS, PASSAGE_TOKENS, REST_TOKENS = 48, 160, 128
SHORTEST, LONGEST_PART = 6, 24
TEMPERATURE = 0.06
RATE = 3e-3
GRAM_WEIGHT = 0.6
# Share of steps on parts of passages, of steps within one set, and of tokens left out.
PART_STEPS, ONE_SET_STEPS, LEFT_OUT = 0.6, 0.6, 0.15
# Sets with fewer lists or passages are not drawn alone.
FEWEST_LISTS, FEWEST_PASSAGES = 300, 800
# A set is drawn alone as often as the power of its size says.
SIZE_POWER = 0.7
MEASURED, MEASURED_TOKENS = 600, 300
REPORT_EVERY = 500


def ngrams(piece: str) -> list[str]:
    """The piece itself and its inner character n-grams: 1 and 2 in dense scripts, else 2 to 4."""
    text = piece.lstrip("▁") or piece
    if UNSPACED.search(text):
        return [f"={text}", *(text[i : i + n] for n in (1, 2) for i in range(len(text) - n + 1))]
    edged = f"<{text}"
    return [f"={text}", *(edged[i : i + n] for n in (2, 3, 4) for i in range(len(edged) - n + 1))]


def spelling_vectors(pieces: list[str], size: int) -> Tensor:
    """One unit vector per piece."""
    cache: dict[str, np.ndarray] = {}
    vectors = np.zeros((len(pieces), size), np.float32)
    for i, piece in enumerate(pieces):
        grams = ngrams(piece)
        scale = GRAM_WEIGHT / np.sqrt(max(len(grams) - 1, 1))
        for gram in grams:
            if gram not in cache:
                seed = zlib.crc32(gram.encode())
                cache[gram] = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
            vectors[i] += cache[gram] * (1.0 if gram[0] == "=" else 2.0 * scale)
    return F.normalize(torch.from_numpy(vectors), dim=1)


@dataclass
class Sides:
    """Token ids of texts that belong together, row by row."""

    queries: list[np.ndarray]
    passages: list[np.ndarray]


class Draws:
    """Draws batches: queries and their passages, or a part of a passage and its rest."""

    def __init__(self, lists: Lists, seed: int) -> None:
        self._lists = lists
        self._rng = np.random.default_rng(seed)
        self._pairs = lists.for_embeddings()
        groups = lists.groups[self._pairs]
        self._of_group = {int(g): self._pairs[groups == g] for g in np.unique(groups)}
        long = [self._long(pool) for pool in lists.pools()]
        self._sets = [pool for pool in long if len(pool) >= FEWEST_PASSAGES]
        self._passages = np.unique(np.concatenate(long))
        sizes = np.array([len(pool) for pool in self._sets]) ** SIZE_POWER
        self._shares = sizes / sizes.sum()

    def _long(self, pool: np.ndarray) -> np.ndarray:
        return np.array([i for i in pool if len(self._lists.text(i)) >= LONGEST_PART], pool.dtype)

    def _cut(self, text: np.ndarray, most: int) -> np.ndarray:
        """A random stretch of `most` tokens, or the whole."""
        if len(text) <= most:
            return text
        start = int(self._rng.integers(0, len(text) - most + 1))
        return text[start : start + most]

    def _some(self, numbers: np.ndarray) -> np.ndarray:
        return self._rng.choice(numbers, min(BATCH, len(numbers)), replace=False)

    def batch(self) -> Sides:
        """The next batch, of parts or of pairs, from all sets or from one."""
        one_set = self._rng.random() < ONE_SET_STEPS
        if self._rng.random() < PART_STEPS:
            return self._parts(self._rng.choice(len(self._sets), p=self._shares) if one_set else None)
        group = self._of_group[int(self._lists.groups[self._rng.choice(self._pairs)])]
        return self._queries(group if one_set and len(group) >= FEWEST_LISTS else self._pairs)

    def _queries(self, numbers: np.ndarray) -> Sides:
        lists, chosen = self._lists, self._some(numbers)
        queries = [self._cut(lists.text(lists.queries[i]), QUERY_TOKENS) for i in chosen]
        return Sides(queries, [self._cut(lists.text(lists.candidates[i, 0]), PASSAGE_TOKENS) for i in chosen])

    def _parts(self, chosen_set: int | None) -> Sides:
        sides = Sides([], [])
        for i in self._some(self._passages if chosen_set is None else self._sets[chosen_set]):
            text = self._lists.text(i)
            size = int(self._rng.integers(SHORTEST, min(LONGEST_PART, len(text) // 2) + 1))
            start = int(self._rng.integers(0, len(text) - size + 1))
            sides.queries.append(text[start : start + size])
            sides.passages.append(self._cut(np.concatenate([text[:start], text[start + size :]]), REST_TOKENS))
        return sides


class Bags(nn.Module):
    """Texts as sums of weighted piece embeddings, of length 1."""

    def __init__(self, start: Tensor, rarity: Tensor) -> None:
        super().__init__()
        self.table = nn.Parameter(start)
        self.worth = nn.Parameter(rarity)

    def forward(self, rows: list[np.ndarray]) -> Tensor:
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])[:-1]])
        ids = torch.from_numpy(np.concatenate(rows).astype(np.int64))
        worth = self.worth[ids]
        if self.training:
            worth = worth * (torch.rand(len(ids)) > LEFT_OUT)
        offsets = torch.from_numpy(offsets)
        summed = F.embedding_bag(ids, self.table, offsets, mode="sum", sparse=True, per_sample_weights=worth)
        return F.normalize(summed, dim=1)

    def loss(self, sides: Sides) -> Tensor:
        """Cross-entropy of finding the other side of each row among all, both ways."""
        scores = self(sides.queries) @ self(sides.passages).T / TEMPERATURE
        wanted = torch.arange(len(scores))
        return (F.cross_entropy(scores, wanted) + F.cross_entropy(scores.T, wanted)) / 2


@torch.no_grad()
def found_first(bags: Bags, lists: Lists) -> float:
    """Share of the other half's queries that find their passage first among MEASURED of their set, mean of sets."""
    bags.eval()
    rest = np.setdiff1d(np.arange(len(lists.queries)), lists.for_embeddings())
    shares, rng = [], np.random.default_rng(5)
    for group in np.unique(lists.groups[rest]):
        chosen = rng.permutation(rest[lists.groups[rest] == group])
        chosen = chosen[np.unique(lists.candidates[chosen, 0], return_index=True)[1]][:MEASURED]
        if len(chosen) == MEASURED:
            queries = bags([lists.text(lists.queries[i])[:QUERY_TOKENS] for i in chosen])
            passages = bags([lists.text(lists.candidates[i, 0])[:MEASURED_TOKENS] for i in chosen])
            hits = (queries @ passages.T).argmax(1) == torch.arange(MEASURED)
            shares.append(float(hits.float().mean()))
    bags.train()
    return float(np.mean(shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--tables", type=Path, default=Path("tables.pickle"))
    parser.add_argument("--neighbours", type=Path, default=Path("neighbours.npy"))
    parser.add_argument("--out", type=Path, default=Path("static.pt"))
    parser.add_argument("--steps", type=int, default=4000)
    args = parser.parse_args()
    torch.manual_seed(1)
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    settings = Settings(tokenizer.get_vocab_size())
    tables: Tables = pickle.loads(args.tables.read_bytes())
    lists = Lists(args.lists)
    company = torch.from_numpy(np.load(args.neighbours))
    company = F.normalize(company - company.mean(0), dim=1, eps=1e-6)
    start = F.normalize(spelling_vectors(piece_texts(tokenizer), settings.hidden) + company, dim=1)
    bags = Bags(start, torch.from_numpy(tables.piece_rarity) / RARITY_SCALE)
    optimizers = (torch.optim.SparseAdam([bags.table], lr=RATE), torch.optim.Adam([bags.worth], lr=RATE))
    draws = Draws(lists, 1)
    print(f"start: found first {found_first(bags, lists):.3f}", flush=True)
    began, losses = time.monotonic(), []
    for step in range(1, args.steps + 1):
        loss = bags.loss(draws.batch())
        loss.backward()
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = RATE * (1 - (step - 1) / args.steps) + 1e-5
            optimizer.step()
            optimizer.zero_grad()
        losses.append(loss.item())
        if step % REPORT_EVERY == 0 or step == args.steps:
            left = (time.monotonic() - began) / step * (args.steps - step)
            first = found_first(bags, lists)
            print(f"step {step}  loss {np.mean(losses):.3f}  found first {first:.3f}  {left:.0f} s left", flush=True)
            losses = []
    torch.save({"embedding": bags.table.detach(), "rarity": bags.worth.detach() * RARITY_SCALE}, args.out)


if __name__ == "__main__":
    main()
