"""Trains the cross-encoder on the mined lists for a given wall time.

Loss: cross-entropy of the softmax over a list, plus binary cross-entropy of every pair so that the sigmoid of
a score reads as relevance. The schedule follows elapsed time, so training ends on time on any machine.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import XLMRobertaForSequenceClassification

from model import build

START, PAD, END = 0, 1, 2
MAX_LENGTH = 512
LIST_SIZE = 6
TOKENS_PER_STEP = 8_000
CHUNK_TOKENS = 4_000
PEAK_LR = 1e-3
FLOOR = 0.02
WARMUP = 0.03
SHORT_UNTIL = 0.35
BCE_WEIGHT = 1.0
POSITIVE_WEIGHT = 1.5
HELD_OUT = 80
REPORT_EVERY = 20.0
SAVE_EVERY = 420.0


@dataclass(frozen=True)
class Row:
    """One encoded pair: its ids and the position at which the passage starts to count."""

    ids: np.ndarray
    split: int
    shift: int


class Lists:
    """The mined lists, sampled into lists of encoded pairs."""

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

    def _text(self, i: int) -> np.ndarray:
        return self._tokens[self._ends[i - 1] if i else 0 : self._ends[i]]

    def _random_from(self, group: int) -> int:
        start = self._pool_ends[group - 1] if group else 0
        return int(self._pool[self._rng.integers(start, self._pool_ends[group])])

    def _window(self, query: np.ndarray, passage: np.ndarray, room: int) -> np.ndarray:
        """The stretch of `room` tokens that shares the most and rarest tokens with the query."""
        if len(passage) <= room:
            return passage
        shared = np.where(np.isin(passage, query), self._rarity[passage], 0)
        total = np.concatenate([[0.0], np.cumsum(shared)])
        start = int(np.argmax(total[room:] - total[:-room]))
        return passage[start : start + room]

    def encode(self, index: int, candidates: list[int], limit: int, best: bool, shift: int) -> list[Row]:
        query = self._text(self._queries[index])[: min(limit // 2, 128)]
        room = limit - len(query) - 4
        rows = []
        for candidate in candidates:
            passage = self._text(candidate)
            passage = self._window(query, passage, room) if best else passage[:room]
            ids = np.concatenate([[START], query, [END, END], passage, [END]])
            moved = min(shift, MAX_LENGTH - len(ids))
            rows.append(Row(ids.astype(np.int64), len(query) + 3, moved))
        return rows

    def _sample(self, index: int, hardness: float) -> tuple[list[int], list[float]]:
        """The positive and negatives, each a hard one with probability `hardness`, else a random one."""
        stored = self._candidates[index]
        labels = self._labels[index]
        known = int((stored >= 0).sum())
        graded = labels[0] < 1
        slots = LIST_SIZE - 1
        count = slots - 1 if graded else int(self._rng.binomial(slots, hardness))
        hard = self._rng.permutation(np.arange(1, known))[:count]
        chosen = [int(stored[0]), *(int(stored[i]) for i in hard)]
        wanted = [float(labels[0]), *(float(labels[i]) for i in hard)]
        while len(chosen) < LIST_SIZE:
            anywhere = graded or self._rng.random() < 0.2
            group = int(self._rng.integers(len(self._pool_ends))) if anywhere else self._groups[index]
            other = self._random_from(group)
            if other not in stored:
                chosen.append(other)
                wanted.append(0.0)
        return chosen, wanted

    def step(self, hardness: float, short: bool) -> tuple[list[Row], torch.Tensor]:
        """The rows of one step, list by list, and their labels, one list a row."""
        draw = self._rng.random()
        longest, longer, usual = (160, 160, 80) if short else (512, 320, 144)
        limit = longest if draw < 0.04 else longer if draw < 0.14 else usual
        rows: list[Row] = []
        labels: list[list[float]] = []
        tokens = 0
        while tokens < TOKENS_PER_STEP:
            if self._cursor == len(self._order):
                self._cursor = 0
                self._rng.shuffle(self._order)
            index = int(self._order[self._cursor])
            self._cursor += 1
            candidates, wanted = self._sample(index, hardness)
            shift = int(self._rng.integers(0, MAX_LENGTH)) if self._rng.random() < 0.2 else 0
            encoded = self.encode(index, candidates, limit, self._rng.random() < 0.75, shift)
            rows.extend(encoded)
            labels.append(wanted)
            tokens += sum(len(row.ids) for row in encoded)
        return rows, torch.tensor(labels)

    def labels(self, index: int) -> list[float]:
        known = self._candidates[index] >= 0
        return self._labels[index][known].tolist()

    def held_out_list(self, index: int, randoms: int = 0) -> list[Row]:
        """All stored candidates of a list, the positive first, and random ones after them."""
        candidates = [int(c) for c in self._candidates[index] if c >= 0]
        candidates += [self._random_from(int(self._groups[index])) for _ in range(randoms)]
        return self.encode(index, candidates, 256, True, 0)


def score_rows(model: XLMRobertaForSequenceClassification, rows: list[Row]) -> torch.Tensor:
    """The rows' logits in order, computed in chunks of similar length."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
    parts: list[torch.Tensor] = []
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * len(rows[order[end]].ids) <= CHUNK_TOKENS:
            end += 1
        chunk = [rows[i] for i in order[start:end]]
        longest = len(chunk[-1].ids)
        ids = np.full((len(chunk), longest), PAD, np.int64)
        positions = np.tile(np.arange(2, longest + 2), (len(chunk), 1))
        for i, row in enumerate(chunk):
            ids[i, : len(row.ids)] = row.ids
            positions[i, row.split :] += row.shift
        positions = np.minimum(positions, MAX_LENGTH + 1)
        batch = torch.from_numpy(ids)
        output = model(
            input_ids=batch,
            attention_mask=(batch != PAD).long(),
            position_ids=torch.from_numpy(positions),
        )
        parts.append(output.logits[:, 0])
        start = end
    back = torch.empty(len(rows), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(rows))
    return torch.cat(parts).float()[back]


def loss_of(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Listwise and pairwise loss of `[lists, size]` logits. Squared, a partial label counts as little."""
    gains = labels**2
    listwise = -(gains / gains.sum(1, keepdim=True) * F.log_softmax(logits, 1)).sum(1).mean()
    weight = torch.tensor(POSITIVE_WEIGHT)
    return listwise, F.binary_cross_entropy_with_logits(logits, gains, pos_weight=weight)


@torch.no_grad()
def held_out_mrr(model: XLMRobertaForSequenceClassification, lists: Lists) -> float:
    """Mean reciprocal rank of the positive among all stored candidates of the held-out lists."""
    total = 0.0
    for start in range(0, HELD_OUT, 40):
        encoded = [lists.held_out_list(int(i)) for i in lists.held_out[start : start + 40]]
        logits = score_rows(model, [row for rows in encoded for row in rows])
        for scores in logits.split([len(rows) for rows in encoded]):
            total += 1 / (1 + int((scores[1:] >= scores[0]).sum()))
    return total / HELD_OUT


def hardness(progress: float) -> float:
    """Share of hard negatives after a share of the time."""
    return 0.15 + 0.4 * min(progress / 0.4, 1.0)


def rate(progress: float) -> float:
    """Learning rate after a share of the time: linear warm-up, cosine decay."""
    if progress < WARMUP:
        return PEAK_LR * max(progress / WARMUP, 0.01)
    decay = 0.5 * (1 + math.cos(math.pi * min((progress - WARMUP) / (1 - WARMUP), 1)))
    return PEAK_LR * (FLOOR + (1 - FLOOR) * decay)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoint.pt"))
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    lists = Lists(args.lists, args.seed)
    model = build(tokenizer)
    model.train()
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK_LR, betas=(0.9, 0.98), fused=True)
    step, tokens, before = 0, 0, 0.0
    if args.resume:
        saved = torch.load(args.checkpoint, weights_only=False)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        lists.restore(saved["lists"])
        step, tokens, before = saved["step"], saved["tokens"], saved["elapsed"]

    def save(elapsed: float) -> None:
        state = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "lists": lists.state(),
            "step": step,
            "tokens": tokens,
            "elapsed": elapsed,
        }
        partial = args.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(args.checkpoint)
        model.eval()
        mrr = held_out_mrr(model, lists)
        model.train()
        print(f"saved at step {step}: held-out MRR {mrr:.3f}", flush=True)

    whole = args.minutes * 60
    start = time.monotonic() - before
    reported, saved_at, kept = before, before, []
    while (elapsed := time.monotonic() - start) < whole:
        for group in optimizer.param_groups:
            group["lr"] = rate(elapsed / whole)
        progress = elapsed / whole
        rows, labels = lists.step(hardness(progress), progress < SHORT_UNTIL)
        logits = score_rows(model, rows).view(labels.shape)
        listwise, pairwise = loss_of(logits, labels)
        (listwise + BCE_WEIGHT * pairwise).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        step += 1
        tokens += sum(len(row.ids) for row in rows)
        best = (logits.argmax(1) == 0).float().mean()
        kept.append((listwise.item(), pairwise.item(), best.item()))
        if elapsed - reported > REPORT_EVERY:
            listwise_mean, pairwise_mean, hits = np.mean(kept, 0)
            speed = tokens / max(time.monotonic() - start, 1)
            print(
                f"step {step}  {elapsed / 60:.1f} of {args.minutes:.0f} min  "
                f"list {listwise_mean:.3f}  pair {pairwise_mean:.3f}  first {hits:.3f}  "
                f"{speed / 1000:.1f}k tokens/s",
                flush=True,
            )
            reported, kept = elapsed, []
        if elapsed - saved_at > SAVE_EVERY:
            save(elapsed)
            saved_at = time.monotonic() - start
    save(whole)
    print(f"{step} steps, {tokens / 1e6:.1f}M tokens")


if __name__ == "__main__":
    main()
