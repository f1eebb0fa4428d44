"""Ranks a sample of the dev lists with a checkpoint, without exporting it. For choosing between variants."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from data import DEFAULT_DATA, dev_files
from evaluate import bm25_scores, ndcg, sample_lists
from model import load
from scoring import score_rows

MAX_LENGTH = 1024
CHUNK_TOKENS = 8_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--tables", type=Path, default=Path("tables.pickle"))
    parser.add_argument("--checkpoint", type=Path, default=Path("heads.pt"))
    parser.add_argument("--queries", type=int, default=100, help="a list; 0 for all")
    parser.add_argument("--max-length", type=int, default=MAX_LENGTH)
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    tokenizer.enable_truncation(args.max_length, strategy="longest_first")
    model = load(args.model, args.tables, args.checkpoint)
    differences, means = [], []
    for path in dev_files(args.data):
        lists = sample_lists(path, args.queries)
        pairs = [(item.query, text) for item in lists for text in item.texts]
        rows = [np.array(e.ids) for e in tokenizer.encode_batch(pairs)]
        with torch.no_grad():
            scores = score_rows(model, rows, CHUNK_TOKENS).numpy()
        split = np.split(scores, np.cumsum([len(item.texts) for item in lists])[:-1])
        ours = np.mean([ndcg(item, s) for item, s in zip(lists, split, strict=True)])
        bm25 = np.mean([ndcg(item, bm25_scores(item)) for item in lists])
        differences.append(ours - bm25)
        means.append((ours, bm25))
        print(f"{path.name.removesuffix('.jsonl.gz'):32} {ours:.3f}  BM25 {bm25:.3f}  {ours - bm25:+.3f}", flush=True)
    ours, bm25 = np.mean(means, 0)
    print(f"{'mean':32} {ours:.3f}  BM25 {bm25:.3f}  {ours - bm25:+.3f}  worst {min(differences):+.3f}")


if __name__ == "__main__":
    main()
