"""Trains the reranker on the mined lists, first the matching part alone, then with the transformer.

Loss: cross-entropy of the softmax over a list, plus a little binary cross-entropy of every pair so that the
sigmoid of a score reads as relevance. The schedule counts steps, so a stopped process loses nothing; the
checkpoint is written every few minutes and `--resume` goes on from it.
"""

from __future__ import annotations

import argparse
import math
import pickle
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from lists import HELD_OUT, LIST_SIZE, Lists
from model import Reranker
from scoring import score_rows
from settings import Settings
from tables import Tables

CHUNK_TOKENS = 16_000
WARMUP = 0.04
FLOOR = 0.03
BCE_WEIGHT = 0.2
POSITIVE_WEIGHT = 2.0
HELD_OUT_TOKENS = 384
REPORT_SECONDS = 30.0
SAVE_SECONDS = 300.0
# How long rows are, and how often.
LIMITS, LIMIT_SHARES = (96, 192, 384, 512), (0.3, 0.45, 0.2, 0.05)


def loss_of(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Listwise and pairwise loss of `[lists, size]` logits. Squared, a partial label counts as little."""
    gains = labels**2
    shares = gains / gains.sum(1, keepdim=True)
    listwise = -(shares * F.log_softmax(logits, 1)).sum(1).mean()
    weight = torch.tensor(POSITIVE_WEIGHT)
    return listwise, F.binary_cross_entropy_with_logits(logits, gains, pos_weight=weight)


@torch.no_grad()
def held_out_mrr(model: Reranker, lists: Lists) -> float:
    """Mean reciprocal rank of the positive among all stored candidates of the held-out lists."""
    model.eval()
    total = 0.0
    for start in range(0, HELD_OUT, 40):
        encoded = [lists.stored_rows(int(i), HELD_OUT_TOKENS)[0] for i in lists.held_out[start : start + 40]]
        logits = score_rows(model, [row for rows in encoded for row in rows], CHUNK_TOKENS)
        for scores in logits.split([len(rows) for rows in encoded]):
            total += 1 / (1 + int((scores[1:] >= scores[0]).sum()))
    model.train()
    return total / HELD_OUT


def rate(progress: float) -> float:
    """Share of the peak rate after a share of the steps: linear warm-up, cosine decay."""
    if progress < WARMUP:
        return max(progress / WARMUP, 0.01)
    decay = 0.5 * (1 + math.cos(math.pi * min((progress - WARMUP) / (1 - WARMUP), 1)))
    return FLOOR + (1 - FLOOR) * decay


def build(model_folder: Path, tables: Path, seed: int, sizes: dict) -> Reranker:
    """An untrained reranker for the folder's tokenizer; `sizes` are those of `Settings` that are not the usual."""
    torch.manual_seed(seed)
    tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    settings = replace(Settings(tokenizer.get_vocab_size()), **sizes)
    stored: Tables = pickle.loads(tables.read_bytes())
    return Reranker(settings, stored)


def parameter_groups(model: Reranker, old_rate: float) -> list[dict]:
    """The transformer's and its head's parameters at the full rate, all others at `old_rate` of it.

    At a rate of 0 the others take no part in the backward pass, which makes it much shorter.
    """
    fresh = ("encoder.", "read_", "token_in.", "query_in.")
    groups = {}
    for name, parameter in model.named_parameters():
        scale = 1.0 if name.startswith(fresh) else old_rate
        parameter.requires_grad_(scale > 0)
        decay = 0.01 if parameter.ndim > 1 and name.startswith("encoder.layers") else 0.0
        if scale > 0:
            groups.setdefault((scale, decay), []).append(parameter)
    return [
        {"params": params, "scale": scale, "weight_decay": decay} for (scale, decay), params in groups.items()
    ]


def train_step(model: Reranker, rows: list[np.ndarray], labels: Tensor, bfloat: bool) -> np.ndarray:
    """Backpropagates one step; returns listwise loss, pairwise loss, share of first places."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat):
        logits = score_rows(model, rows, CHUNK_TOKENS).view(labels.shape)
    listwise, pairwise = loss_of(logits, labels)
    (listwise + BCE_WEIGHT * pairwise).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    best = (logits.argmax(1) == 0).float().mean()
    return np.array([listwise.item(), pairwise.item(), best.item()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--tables", type=Path, default=Path("tables.pickle"))
    parser.add_argument("--start", type=Path, help="embeddings of static.py, or another stage's checkpoint")
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoint.pt"))
    parser.add_argument("--layers", type=int, default=0)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--until", type=int, help="stop after so many steps of the schedule; default: all")
    parser.add_argument("--count", type=int, default=48, help="lists a step")
    parser.add_argument("--peak", type=float, default=2e-3)
    parser.add_argument("--old-rate", type=float, default=1.0)
    parser.add_argument("--hardness", type=float, default=0.7)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--bfloat", action="store_true")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    lists = Lists(args.lists, args.seed)
    sizes = {"layers": args.layers}
    model = build(args.model, args.tables, args.seed, sizes)
    if args.start:
        start = torch.load(args.start, weights_only=False)
        if "embedding" in start:
            model.embedding.weight.data.copy_(start["embedding"])
        else:
            model.load_state_dict(start["model"], strict=False)
    optimizer = torch.optim.AdamW(parameter_groups(model, args.old_rate), lr=args.peak, betas=(0.9, 0.98), fused=True)
    draw = np.random.default_rng(args.seed)
    step, tokens = 0, 0
    if args.resume:
        saved = torch.load(args.checkpoint, weights_only=False)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        lists.restore(saved["lists"])
        draw.bit_generator.state = saved["draw"]
        step, tokens = saved["step"], saved["tokens"]

    def save() -> None:
        state = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "lists": lists.state(),
            "draw": draw.bit_generator.state,
            "step": step,
            "tokens": tokens,
            "sizes": sizes,
        }
        partial = args.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(args.checkpoint)
        print(f"saved at step {step}", flush=True)

    reported = saved_at = time.monotonic()
    first_step, kept = step, []
    while step < (args.until or args.steps):
        for group in optimizer.param_groups:
            group["lr"] = args.peak * group["scale"] * rate(step / args.steps)
        limit = int(draw.choice(LIMITS, p=LIMIT_SHARES))
        rows, labels = lists.step(args.count, args.hardness, limit)
        kept.append(train_step(model, rows, torch.from_numpy(labels), args.bfloat))
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        step += 1
        tokens += sum(map(len, rows))
        now = time.monotonic()
        if now - reported > REPORT_SECONDS:
            listwise, pairwise, hits = np.mean(kept, 0)
            pace = (now - reported) / len(kept)
            left = pace * (args.steps - step) / 60
            print(
                f"step {step} of {args.steps}  list {listwise:.3f}  pair {pairwise:.3f}  first {hits:.3f}  "
                f"{args.count * LIST_SIZE / pace:.0f} rows/s  {left:.1f} min left",
                flush=True,
            )
            reported, kept = now, []
        if now - saved_at > SAVE_SECONDS:
            save()
            saved_at = time.monotonic()
    save()
    print(f"held-out MRR {held_out_mrr(model, lists):.3f}")
    print(f"{step} steps, {tokens / 1e6:.1f}M tokens")


if __name__ == "__main__":
    main()
