"""Measures the exported models on the dev lists, beside chance and BM25.

nDCG@10 takes gain 2^rel - 1 and the ideal order of all relevant texts, found or not. Chance is the
expectation over all orders of a list. BM25 is the candidates' own order; lists without one are scored by `bm25.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from bm25 import Bm25
from data import DEFAULT_DATA, DevList, dev_files, read_dev

DEPTH = 10
MAX_LENGTH = 1024
PAD = 1
BATCH_TOKENS = 4096
EXAMPLE = (
    "내일 회의 일정",
    [
        "내일 오후 2시에 품질 미팅이 있습니다",
        "오늘 점심은 김치찌개를 먹었다",
        "금요일에 아키텍처 리뷰 회의 예정",
    ],
)


class Ranker:
    """An ONNX model and its tokenizer."""

    def __init__(self, folder: Path, graph: str) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_LENGTH, strategy="longest_first")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        path = str(folder / "onnx" / graph)
        self._session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        self.tokens = 0

    def logits(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        """One logit per pair, computed in batches of similar length."""
        encoded = [e.ids for e in self._tokenizer.encode_batch(pairs)]
        order = sorted(range(len(pairs)), key=lambda i: len(encoded[i]))
        self.tokens += sum(map(len, encoded))
        logits = np.zeros(len(pairs))
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and (end + 1 - start) * len(encoded[order[end]]) <= BATCH_TOKENS:
                end += 1
            rows = order[start:end]
            ids = np.full((len(rows), len(encoded[rows[-1]])), PAD, np.int64)
            for i, row in enumerate(rows):
                ids[i, : len(encoded[row])] = encoded[row]
            feed = {"input_ids": ids, "attention_mask": (ids != PAD).astype(np.int64)}
            logits[rows] = self._session.run(["logits"], feed)[0][:, 0]
            start = end
        return logits


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def gains(labels: list[float]) -> np.ndarray:
    return 2.0 ** np.array(labels) - 1


def discounts(count: int) -> np.ndarray:
    return 1 / np.log2(np.arange(min(count, DEPTH)) + 2)


def ideal_dcg(item: DevList) -> float:
    best = np.sort(gains(item.ideal))[::-1][:DEPTH]
    return float(best @ discounts(len(best)))


def ndcg(item: DevList, scores: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    return float(gains(item.labels)[order] @ discounts(len(order))) / ideal_dcg(item)


def chance_ndcg(item: DevList) -> float:
    return float(gains(item.labels).mean() * discounts(len(item.labels)).sum()) / ideal_dcg(item)


def mrr(item: DevList, scores: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    hits = np.flatnonzero(np.array(item.labels)[order] > 0)
    return 1 / (1 + int(hits[0])) if len(hits) else 0.0


def bm25_scores(item: DevList) -> np.ndarray:
    if item.scored:
        return -np.arange(len(item.texts), dtype=float)
    return Bm25(item.texts).scores(item.query)


def shuffled(item: DevList, rng: random.Random) -> DevList:
    """The list in a random order, so that ties and file order favour nobody."""
    order = list(range(len(item.texts)))
    rng.shuffle(order)
    texts, labels = [item.texts[i] for i in order], [item.labels[i] for i in order]
    return DevList(item.query, texts, labels, item.ideal, item.scored)


def sample_lists(path: Path, limit: int) -> list[DevList]:
    """A fixed sample of the file's lists; those in no meaningful order are shuffled."""
    lists = read_dev(path)
    rng = random.Random(5)
    if limit and len(lists) > limit:
        lists = rng.sample(lists, limit)
    return [item if item.scored else shuffled(item, rng) for item in lists]


def evaluate_file(path: Path, rankers: dict[str, Ranker], limit: int) -> tuple[dict, np.ndarray]:
    """The figures of one dev file, and the differences of the two models' sigmoids."""
    lists = sample_lists(path, limit)
    pairs = [(item.query, text) for item in lists for text in item.texts]
    ends = np.cumsum([len(item.texts) for item in lists])[:-1]
    scores = {name: ranker.logits(pairs) for name, ranker in rankers.items()}
    per_list = {name: np.split(values, ends) for name, values in scores.items()}
    per_list["bm25"] = [bm25_scores(item) for item in lists]
    figures = {"queries": len(lists), "chance": float(np.mean([chance_ndcg(item) for item in lists]))}
    for name, values in per_list.items():
        scored = list(zip(lists, values, strict=True))
        figures[f"{name} ndcg"] = float(np.mean([ndcg(item, value) for item, value in scored]))
        figures[f"{name} mrr"] = float(np.mean([mrr(item, value) for item, value in scored]))
    return figures, np.abs(sigmoid(scores["fp32"]) - sigmoid(scores["int8"]))


FIGURES = (
    ("queries", "queries"),
    ("chance nDCG", "chance"),
    ("BM25 nDCG", "bm25 ndcg"),
    ("fp32 nDCG", "fp32 ndcg"),
    ("int8 nDCG", "int8 ndcg"),
    ("BM25 MRR", "bm25 mrr"),
    ("fp32 MRR", "fp32 mrr"),
    ("int8 MRR", "int8 mrr"),
)


def table_row(name: str, figures: dict) -> str:
    cells = [figures[key] for _, key in FIGURES]
    shown = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells]
    return f"| {name} | {' | '.join(shown)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--queries", type=int, default=0, help="at most so many a list; 0 for all")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    args = parser.parse_args()
    rankers = {
        "fp32": Ranker(args.model, "model.onnx"),
        "int8": Ranker(args.model, "model_quantized.onnx"),
    }
    print(f"| list | {' | '.join(title for title, _ in FIGURES)} |")
    print(f"| --- |{' ---: |' * len(FIGURES)}", flush=True)
    rows, drifts = {}, []
    started = time.monotonic()
    for path in dev_files(args.data):
        name = path.name.removesuffix(".jsonl.gz")
        rows[name], drift = evaluate_file(path, rankers, args.queries)
        drifts.append(drift)
        print(table_row(name, rows[name]), flush=True)
    means = {key: float(np.mean([row[key] for row in rows.values()])) for _, key in FIGURES}
    means["queries"] = sum(row["queries"] for row in rows.values())
    print(table_row("**mean of lists**", means))
    drift = np.concatenate(drifts)
    print(f"\nint8 against fp32, sigmoid: largest {drift.max():.4f}, mean {drift.mean():.4f}")
    example = {}
    for name, ranker in rankers.items():
        scores = sigmoid(ranker.logits([(EXAMPLE[0], document) for document in EXAMPLE[1]]))
        example[name] = scores.round(4).tolist()
        order = np.argsort(-scores).tolist()
        print(f"{EXAMPLE[0]} ({name}): {' '.join(f'{s:.3f}' for s in scores)}, order {order}")
    seconds = time.monotonic() - started
    tokens = sum(ranker.tokens for ranker in rankers.values())
    print(f"{tokens / 1e6:.1f}M tokens in {seconds:.0f} s")
    if args.out:
        content = {
            "lists": rows,
            "mean": means,
            "drift": {"largest": float(drift.max()), "mean": float(drift.mean())},
            "example": example,
        }
        args.out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
