"""Writes the model card from its template, the manifest and the figures of the evaluation."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from string import Template

from data import DEFAULT_DATA, training_sources
from evaluate import EXAMPLE
from mine import cap
from restore import restore

HERE = Path(__file__).resolve().parent
PURPOSES = {
    "config.json": "sizes",
    "onnx/model.onnx": "graph, fp32 computation, weights in fp16",
    "onnx/model_quantized.onnx": "graph, int8 embeddings",
    "tokenizer.json": "tokenizer",
}
COLUMNS = ("BM25 nDCG", "fp32 nDCG", "int8 nDCG", "BM25 MRR", "fp32 MRR", "int8 MRR")


def read_json(name: str) -> dict:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def figure_rows(figures: dict) -> str:
    rows = [f"| list | queries | {' | '.join(COLUMNS)} |", f"| --- |{' ---: |' * (len(COLUMNS) + 1)}"]
    for name, row in [*figures["lists"].items(), ("**mean of lists**", figures["mean"])]:
        cells = [row[f"{model} {kind}"] for kind in ("ndcg", "mrr") for model in ("bm25", "fp32", "int8")]
        rows.append(f"| {name} | {row['queries']} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    return "\n".join(rows)


def before_rows(before: dict, figures: dict) -> str:
    columns = [*before["mean"], "v3"]
    rows = [f"| list | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    ours = {**figures["lists"], "mean": figures["mean"]}
    for name, row in [*before["lists"].items(), ("mean", before["mean"])]:
        cells = [*row.values(), ours[name]["int8 ndcg"]]
        title = "**mean of lists**" if name == "mean" else name
        rows.append(f"| {title} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    return "\n".join(rows)


def lead(figures: dict) -> str:
    return f"{figures['mean']['int8 ndcg'] - figures['mean']['bm25 ndcg']:+.3f}"


def probe_rows(probes: dict) -> str:
    rows = ["| probe | fp32 | int8 |", "| --- | ---: | ---: |"]
    for name, value in probes["fp32"].items():
        both = (value, probes["int8"][name])
        if isinstance(value, list):
            cells = [f"{right} of {count}" for right, count in both]
        else:
            cells = [f"{v:,}" if isinstance(v, int) else f"{v:.1e}" for v in both]
        rows.append(f"| {name} | {cells[0]} | {cells[1]} |")
    return "\n".join(rows)


def file_rows(model: Path) -> tuple[str, int]:
    rows, total = ["| file | bytes | what |", "| --- | ---: | --- |"], 0
    for path in sorted(model.rglob("*")):
        name = path.relative_to(model).as_posix()
        if path.is_file() and not name.startswith("train/") and name != "README.md":
            total += path.stat().st_size
            rows.append(f"| `{name}` | {path.stat().st_size:,} | {PURPOSES.get(name, 'tokenizer settings')} |")
    return "\n".join(rows), total


def languages(data: Path) -> str:
    codes = {source.lang for source in training_sources(data) if len(source.lang) <= 3}
    first = ["ko", "en", "ja", "zh"]
    return "\n".join(f"  - '{code}'" for code in first + sorted(codes - set(first)))


def source_rows(data: Path) -> str:
    return "\n".join(
        f"| {s.name} | {s.repository} | {s.licence} | {s.rows:,} | {min(cap(s), s.rows):,} |"
        for s in training_sources(data)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--model", type=Path, default=HERE.parent)
    args = parser.parse_args()
    ours, before, probes = (read_json(name) for name in ("evaluation.json", "before.json", "probes.json"))
    model = restore(args.model)
    files, total = file_rows(args.model)
    example = zip(EXAMPLE[1], ours["example"]["fp32"], ours["example"]["int8"], strict=True)
    card = Template((HERE / "card.md").read_text(encoding="utf-8")).substitute(
        languages=languages(args.data),
        parameters=f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} million",
        total=f"{total / 1e6:.1f} MB",
        example="\n".join(f"| {text} | {fp32:.3f} | {int8:.3f} |" for text, fp32, int8 in example),
        files=files,
        drift=f"{ours['drift']['mean']:.4f} on average, {ours['drift']['largest']:.4f} at most",
        figures=figure_rows(ours),
        before=before_rows(before, ours),
        lead=lead(ours),
        probes=probe_rows(probes),
        members=len(model.members),
        sources=source_rows(args.data),
        folder=args.model.name,
    )
    (args.model / "README.md").write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
