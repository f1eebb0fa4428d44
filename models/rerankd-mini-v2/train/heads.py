"""Trains the heads that are kept, on whole passages.

The matching stage trains on passages that are mostly cut short, because that is faster; searches bring whole
ones. Here the comparison is computed once, for lists that stage has not drawn, at full length. On what it found
several heads are trained, alike but for their seed; the model averages them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from combine import Head, pool
from lists import Lists, pad_rows
from matching import Found
from model import Reranker
from parts import find_words, split
from scoring import chunks
from settings import PAD
from train import BCE_WEIGHT, CHUNK_TOKENS, POSITIVE_WEIGHT, build

LIMIT = 512
SET_ASIDE = 800
BATCH_LISTS = 64
RATE = 3e-3
DECAY = 0.01
QUERY_LIMIT = 48
STANDARD_ROWS = 20_000


class Cache:
    """What the comparison found for every row: per query token, and for the whole pair."""

    def __init__(self, model: Reranker, rows: list[np.ndarray]) -> None:
        limit, size = QUERY_LIMIT, len(rows)
        self.terms: Tensor | None = None
        for at, group in enumerate(groups := chunks(rows, CHUNK_TOKENS)):
            ids = torch.from_numpy(pad_rows([rows[i] for i in group]))
            found = find(model, ids, (ids != PAD).long())
            if self.terms is None:
                self.terms = torch.zeros(size, limit, found.terms.shape[2], dtype=torch.float16)
                self.weights = torch.zeros(2, size, limit)
                self.whole = torch.zeros(size, found.whole.shape[1])
            count = min(found.terms.shape[1], limit)
            self.terms[group, :count] = found.terms[:, :count].half()
            self.weights[0, group, :count] = found.word_weight[:, :count]
            self.weights[1, group, :count] = found.piece_weight[:, :count]
            self.whole[group] = found.whole
            if at % 100 == 0:
                print(f"compared {at} of {len(groups)} groups", flush=True)

    def found(self, rows: Tensor) -> Found:
        """The comparison of the given rows, as far as heads read it."""
        word, piece = self.weights[:, rows]
        return Found(self.terms[rows].float(), word, piece, word, word, self.whole[rows])


@torch.no_grad()
def find(model: Reranker, ids: Tensor, mask: Tensor) -> Found:
    """The comparison of a batch."""
    parts, kinds = split(ids, mask), model.matcher.kinds[ids]
    return model.matcher(ids, kinds, parts, find_words(kinds), model.embedding(ids))


def padded(counts: list[int]) -> tuple[Tensor, Tensor]:
    """Row numbers `[lists, longest]`, and which of them are there."""
    longest, starts = max(counts), np.concatenate([[0], np.cumsum(counts)[:-1]])
    rows = torch.from_numpy(starts)[:, None] + torch.arange(longest)[None, :]
    there = torch.arange(longest)[None, :] < torch.tensor(counts)[:, None]
    return torch.where(there, rows, 0), there


class Fitted:
    """The cached lists: where their rows are, and what is wanted."""

    def __init__(self, cache: Cache, counts: list[int], labels: list[np.ndarray]) -> None:
        self.cache = cache
        self.numbers, self.there = padded(counts)
        self.wanted = torch.zeros(self.there.shape)
        self.wanted[self.there] = torch.from_numpy(np.concatenate(labels)).float()

    @torch.no_grad()
    def mrr(self, members: list[Head], chosen: Tensor) -> float:
        """Mean reciprocal rank of the positive, by the average of the members."""
        total = 0.0
        for some in chosen.split(BATCH_LISTS):
            found, real = self.cache.found(self.numbers[some].flatten()), self.there[some]
            scores = sum(member(found)[0] for member in members).view(real.shape).masked_fill(~real, -1e9)
            total += float((1 / (1 + (scores[:, 1:] >= scores[:, :1]).sum(1))).sum())
        return total / len(chosen)

    def loss(self, member: Head, chosen: Tensor) -> Tensor:
        """The matching stage's loss, over all candidates of the lists."""
        real = self.there[chosen]
        gains = self.wanted[chosen] ** 2
        flat = member(self.cache.found(self.numbers[chosen][real]))[0][:, 0]
        logits = torch.full(real.shape, -1e4)
        logits[real] = flat
        shares = gains / gains.sum(1, keepdim=True)
        listwise = -(shares * F.log_softmax(logits, 1)).sum(1).mean()
        weight = torch.tensor(POSITIVE_WEIGHT)
        return listwise + BCE_WEIGHT * F.binary_cross_entropy_with_logits(flat, gains[real], pos_weight=weight)

    def fit(self, member: Head, chosen: Tensor, epochs: int) -> None:
        """Trains a member on the lists; the rate falls to zero."""
        steps = epochs * -(-len(chosen) // BATCH_LISTS)
        optimizer = torch.optim.AdamW(member.parameters(), lr=RATE, weight_decay=DECAY)
        fall = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
        member.train()
        for _ in range(epochs):
            for some in chosen[torch.randperm(len(chosen))].split(BATCH_LISTS):
                self.loss(member, some).backward()
                optimizer.step()
                optimizer.zero_grad()
                fall.step()
        member.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--tables", type=Path, default=Path("tables.pickle"))
    parser.add_argument("--start", type=Path, required=True, help="the matching stage's checkpoint")
    parser.add_argument("--out", type=Path, default=Path("heads.pt"))
    parser.add_argument("--count", type=int, default=9500, help="lists")
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--term-hidden", type=int, default=64)
    parser.add_argument("--deep-hidden", type=int, default=128)
    parser.add_argument("--drop", type=float, default=0.2)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    saved = torch.load(args.start, weights_only=False)
    lists = Lists(args.lists, args.seed)
    lists.restore(saved["lists"])
    matched = build(args.model, args.tables, args.seed, saved["sizes"])
    matched.load_state_dict(saved["model"])
    rows, labels = lists.unseen_rows(args.count, LIMIT)
    held_out = [lists.stored_rows(int(i), LIMIT) for i in lists.held_out]
    rows += [made for made, _ in held_out]
    labels += [wanted for _, wanted in held_out]
    cache = Cache(matched, [row for made in rows for row in made])
    data = Fitted(cache, [len(made) for made in rows], labels)
    shuffled = torch.randperm(len(rows) - len(held_out), generator=torch.Generator().manual_seed(args.seed))
    parts = {"held-out": torch.arange(len(rows) - len(held_out), len(rows)), "set-aside": shuffled[:SET_ASIDE]}
    rest = shuffled[SET_ASIDE:]

    def report(name: str, members: list[Head]) -> None:
        figures = "  ".join(f"{part} MRR {data.mrr(members, chosen):.4f}" for part, chosen in parts.items())
        print(f"{name}: {figures}", flush=True)

    report("start", list(matched.members.eval()))
    names = ("members", "term_hidden", "deep_hidden", "drop")
    sizes = {"layers": 0, "bounded": True, **{name: getattr(args, name) for name in names}}
    model = build(args.model, args.tables, args.seed, sizes)
    model.embedding.load_state_dict(matched.embedding.state_dict())
    model.matcher.load_state_dict(matched.matcher.state_dict())
    sample = data.numbers[rest][data.there[rest]][:STANDARD_ROWS]
    pooled = pool(cache.found(sample))[0]
    began = time.monotonic()
    for at, member in enumerate(model.members):
        torch.manual_seed(args.seed + at)
        member.standardise(pooled)
        data.fit(member, rest, args.epochs)
        report(f"member {at + 1} of {args.members}, {time.monotonic() - began:.0f} s", [member])
    report("all", list(model.members))
    torch.save({"model": model.state_dict(), "sizes": sizes}, args.out)


if __name__ == "__main__":
    main()
