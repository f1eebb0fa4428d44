"""Measures a checkpoint while training goes on: a sample of the dev lists, and held-out lists by their sort."""

from __future__ import annotations

import argparse
import gzip
import random
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from evaluation.metrics import bm25_scores, ndcg, sample_lists
from lists.data import DEFAULT_DATA, dev_files
from lists.store import Lists
from model.batches import batches
from model.reranker import MAX_QUERY, Reranker, build, join
from training.checkpoint import load
from training.draw import HELD_OUT, NEGATIVES

BATCH_TOKENS = 6000


def score(model: Reranker, rows: list[list[int]]) -> np.ndarray:
    """Logits of joined rows."""
    logits = np.zeros(len(rows))
    with torch.inference_mode():
        for part in batches(rows, BATCH_TOKENS):
            logits[part] = model([rows[i] for i in part]).numpy()
    return logits


def held_out(model: Reranker, lists: Lists, each: int) -> None:
    """Prints how often the positive comes first among its negatives, by sort of list."""
    rng = random.Random(3)
    sorts: dict[str, list[int]] = {}
    for number in range(0, len(lists.query), HELD_OUT):
        sorts.setdefault(lists.kinds[lists.kind[number]].split("/")[0], []).append(number)
    for sort, numbers in sorted(sorts.items()):
        hits, reciprocal = [], []
        for number in rng.sample(numbers, min(each, len(numbers))):
            texts, _ = lists.candidates(number, NEGATIVES, rng)
            query = lists.text(int(lists.query[number]))[:MAX_QUERY]
            logits = score(model, [join(query, lists.text(text), 256) for text in texts])
            place = int((logits > logits[0]).sum())
            hits.append(place == 0)
            reciprocal.append(1 / (1 + place))
        print(f"{sort:16} first {np.mean(hits):.3f} mrr {np.mean(reciprocal):.3f} of {len(hits)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--checkpoint", type=Path, default=Path("run/checkpoint.pt"))
    parser.add_argument("--depth", type=int, default=12)
    parser.add_argument("--which", choices=("average", "weights"), default="average")
    parser.add_argument("--queries", type=int, default=8)
    parser.add_argument("--each", type=int, default=40, help="held-out lists of each sort")
    args = parser.parse_args()
    model = build(args.wheel, args.tokenizer, args.depth).eval()
    print(f"step {load(model, args.checkpoint, args.which)}")
    if args.each:
        held_out(model, Lists(args.lists), args.each)
    with gzip.open(args.tokenizer, "rt", encoding="utf-8") as file:
        tokenizer = Tokenizer.from_str(file.read())
    means = []
    for path in dev_files(args.data):
        lists = sample_lists(path, args.queries)
        figures = []
        for item in lists:
            query = tokenizer.encode(item.query, add_special_tokens=False).ids
            texts = tokenizer.encode_batch(item.texts, add_special_tokens=False)
            logits = score(model, [join(query, text.ids) for text in texts])
            figures.append((ndcg(item, bm25_scores(item)), ndcg(item, logits)))
        means.append(np.mean(figures, 0))
        print(f"{path.name.removesuffix('.jsonl.gz'):34} BM25 {means[-1][0]:.3f} model {means[-1][1]:.3f}", flush=True)
    print(f"{'mean':34} BM25 {np.mean(means, 0)[0]:.3f} model {np.mean(means, 0)[1]:.3f}")


if __name__ == "__main__":
    main()
