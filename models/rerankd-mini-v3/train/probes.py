"""Small checks beside the lists: everyday searches, kinds of difficulty, long documents, order, speed."""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime

from evaluate import Ranker

EXAMPLES = Path(__file__).resolve().parent / "examples"
GRAPHS = {"fp32": "model.onnx", "int8": "model_quantized.onnx"}
FILLER_SENTENCES = 24
SPEED_TOKENS, SPEED_ROWS = 512, 200


def read_lines(name: str) -> list[dict]:
    return [json.loads(line) for line in (EXAMPLES / name).read_text(encoding="utf-8").splitlines()]


def first_is_right(ranker: Ranker, query: str, texts: list[str], right: int) -> bool:
    """True if the right text scores above all others."""
    scores = ranker.logits([(query, text) for text in texts])
    return bool(scores[right] > np.delete(scores, right).max())


def memory_search(ranker: Ranker) -> tuple[int, int]:
    """How many everyday searches put the right note first, and of how many."""
    items = read_lines("memory-search.jsonl")
    hits = [first_is_right(ranker, item["query"], item["notes"], item["right"]) for item in items]
    return sum(hits), len(hits)


def by_kind(ranker: Ranker) -> dict[str, tuple[int, int]]:
    """Per kind of difficulty how many probes put the right text first, and of how many."""
    hits = defaultdict(list)
    for item in read_lines("probes.jsonl"):
        texts = [item["right"], *item["wrong"]]
        hits[item["kind"]].append(first_is_right(ranker, item["query"], texts, 0))
    return {kind: (sum(values), len(values)) for kind, values in hits.items()}


def long_documents(ranker: Ranker) -> tuple[int, int]:
    """Searches whose right note stands at the end of a long text made of other searches' notes."""
    items = read_lines("memory-search.jsonl")
    rng = random.Random(3)
    hits = []
    for item in items:
        others = [n for other in items if other is not item and other["lang"] == item["lang"] for n in other["notes"]]
        texts = []
        for note in item["notes"]:
            filler = rng.sample(others, FILLER_SENTENCES)
            texts.append(". ".join([*filler, note]))
        hits.append(first_is_right(ranker, item["query"], texts, item["right"]))
    return sum(hits), len(hits)


def order_difference(ranker: Ranker) -> float:
    """The largest change of a score when candidates come in another order and company."""
    item = read_lines("memory-search.jsonl")[0]
    pairs = [(item["query"], note) for note in item["notes"]]
    mixed = list(range(len(pairs)))
    random.Random(1).shuffle(mixed)
    once, again = ranker.logits(pairs), ranker.logits([pairs[i] for i in mixed])
    alone = np.array([ranker.logits([pair])[0] for pair in pairs])
    return float(max(np.abs(once[mixed] - again).max(), np.abs(once - alone).max()))


def tokens_per_second(folder: Path, graph: str) -> float:
    """Tokens a second over rows of SPEED_TOKENS, one at a time, on two threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(str(folder / "onnx" / graph), options, ["CPUExecutionProvider"])
    ids = np.random.default_rng(1).integers(5, 20_000, (SPEED_ROWS, SPEED_TOKENS))
    ids[:, 0], ids[:, [20, 21, -1]] = 0, 2
    mask = np.ones((1, SPEED_TOKENS), np.int64)
    for row in ids[:10]:
        session.run(["logits"], {"input_ids": row[None], "attention_mask": mask})
    began = time.perf_counter()
    for row in ids:
        session.run(["logits"], {"input_ids": row[None], "attention_mask": mask})
    return SPEED_ROWS * SPEED_TOKENS / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    args = parser.parse_args()
    figures = {}
    for name, graph in GRAPHS.items():
        ranker = Ranker(args.model, graph)
        figures[name] = {
            "everyday searches": memory_search(ranker),
            **by_kind(ranker),
            "right part at the end of a long document": long_documents(ranker),
            "largest change by order": order_difference(ranker),
            "tokens a second": round(tokens_per_second(args.model, graph)),
        }
        print(name, json.dumps(figures[name], ensure_ascii=False), flush=True)
    if args.out:
        args.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
