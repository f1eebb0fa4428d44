"""Trains the heads on whole passages and all candidates.

The comparison has nothing to learn besides the embeddings, so it is computed once, for lists the embeddings have not
seen. On what it found several heads are trained, alike but for their seed; the model averages them.
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
from model import Reranker, build
from scoring import chunks
from settings import PAD

LIMIT = 512
HELD_OUT = 1000
CHUNK_TOKENS = 16_000
BATCH_LISTS = 64
RATE = 3e-3
DECAY = 0.01
BCE_WEIGHT = 0.2
POSITIVE_WEIGHT = 2.0
QUERY_LIMIT = 48
STANDARD_ROWS = 20_000
REPORT_GROUPS = 2000


class Cache:
    """What the comparison found for every row: per query token, and for the whole pair."""

    def __init__(self, model: Reranker, rows: list[np.ndarray]) -> None:
        limit, size = QUERY_LIMIT, len(rows)
        self.terms: Tensor | None = None
        for done, group in enumerate(groups := chunks(rows, CHUNK_TOKENS)):
            ids = torch.from_numpy(pad_rows([rows[i] for i in group]))
            with torch.no_grad():
                found = model.find(ids, (ids != PAD).long())
            if self.terms is None:
                self.terms = torch.zeros(size, limit, found.terms.shape[2], dtype=torch.float16)
                self.weights = torch.zeros(2, size, limit)
                self.whole = torch.zeros(size, found.whole.shape[1])
            count = min(found.terms.shape[1], limit)
            self.terms[group, :count] = found.terms[:, :count].half()
            self.weights[0, group, :count] = found.piece_weight[:, :count]
            self.weights[1, group, :count] = found.word_weight[:, :count]
            self.whole[group] = found.whole
            if done % REPORT_GROUPS == 0:
                print(f"compared {done} of {len(groups)} groups", flush=True)

    def found(self, rows: Tensor) -> Found:
        """The comparison of the given rows."""
        piece, word = self.weights[:, rows]
        return Found(self.terms[rows].float(), piece, word, self.whole[rows])


def padded(counts: list[int]) -> tuple[Tensor, Tensor]:
    """Row numbers `[lists, longest]`, and which of them are there."""
    longest, starts = max(counts), np.concatenate([[0], np.cumsum(counts)[:-1]])
    rows = torch.from_numpy(starts)[:, None] + torch.arange(longest)[None, :]
    there = torch.arange(longest)[None, :] < torch.tensor(counts)[:, None]
    return torch.where(there, rows, 0), there


class Fitted:
    """The cached lists: where their rows are, and what is wanted."""

    def __init__(self, cache: Cache, labels: list[np.ndarray]) -> None:
        self.cache = cache
        self.numbers, self.there = padded([len(wanted) for wanted in labels])
        self.wanted = torch.zeros(self.there.shape)
        self.wanted[self.there] = torch.from_numpy(np.concatenate(labels)).float()

    @torch.no_grad()
    def mrr(self, members: list[Head], chosen: Tensor) -> float:
        """Mean reciprocal rank of the positive, by the average of the members."""
        total = 0.0
        for some in chosen.split(BATCH_LISTS):
            found, real = self.cache.found(self.numbers[some].flatten()), self.there[some]
            scores = sum(member(found) for member in members).view(real.shape).masked_fill(~real, -1e9)
            total += float((1 / (1 + (scores[:, 1:] >= scores[:, :1]).sum(1))).sum())
        return total / len(chosen)

    def loss(self, member: Head, chosen: Tensor) -> Tensor:
        """Cross-entropy of the softmax over each list, plus a little binary cross-entropy of every pair, so that the
        sigmoid of a score reads as relevance. Squared, a partial label counts as little."""
        real = self.there[chosen]
        gains = self.wanted[chosen] ** 2
        flat = member(self.cache.found(self.numbers[chosen][real]))[:, 0]
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


def even_odds(labels: list[np.ndarray]) -> float:
    """What to add to a logit so that 0 stands for even odds where as many candidates are relevant as not.

    Training sees far more irrelevant ones, and counts a relevant one POSITIVE_WEIGHT times."""
    gains = np.concatenate(labels) ** 2
    return float(np.log((1 - gains).sum() / (POSITIVE_WEIGHT * gains.sum())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--tables", type=Path, default=Path("tables.pickle"))
    parser.add_argument("--start", type=Path, default=Path("static.pt"), help="the embeddings")
    parser.add_argument("--out", type=Path, default=Path("heads.pt"))
    parser.add_argument("--count", type=int, default=60_000, help="lists")
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    start = torch.load(args.start)
    lists = Lists(args.lists)
    sizes = {"members": args.members}
    model = build(args.model, args.tables, args.seed, **sizes)
    with torch.no_grad():
        model.embedding.weight.copy_(start["embedding"])
        model.matcher.piece_rarity[:, 0] = start["rarity"]
    rng = np.random.default_rng(args.seed)
    chosen = [*lists.for_heads(args.count, rng), *lists.held_out(HELD_OUT)]
    rows, labels = zip(*(lists.rows(int(i), LIMIT) for i in chosen), strict=True)
    data = Fitted(Cache(model, [row for made in rows for row in made]), labels)
    learned, held_out = torch.arange(args.count), torch.arange(args.count, len(chosen))

    def report(name: str, members: list[Head]) -> None:
        mrr = [data.mrr(members, part) for part in (learned[:HELD_OUT], held_out)]
        print(f"{name}: MRR of lists it learned from {mrr[0]:.4f}, held out {mrr[1]:.4f}", flush=True)

    report("untrained", [model.members[0].eval()])
    sample = data.numbers[learned][data.there[learned]]
    pooled = pool(data.cache.found(sample[torch.randperm(len(sample))[:STANDARD_ROWS]]))[0]
    began = time.monotonic()
    for at, member in enumerate(model.members):
        torch.manual_seed(args.seed + at)
        member.standardise(pooled)
        data.fit(member, learned, args.epochs)
        report(f"member {at + 1} of {args.members}, {time.monotonic() - began:.0f} s", [member])
    report("all", list(model.members))
    shift = even_odds(labels[: args.count])
    with torch.no_grad():
        for member in model.members:
            member.linear.bias += shift
    print(f"added to the logits: {shift:.3f}")
    torch.save({"model": model.state_dict(), "sizes": sizes}, args.out)


if __name__ == "__main__":
    main()
