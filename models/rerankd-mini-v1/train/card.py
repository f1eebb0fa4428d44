"""Writes the model card from its template, the manifest, the training log and the evaluation's output."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from string import Template

from safetensors.numpy import load_file

from data import DEFAULT_DATA, training_sources
from mine import cap

HERE = Path(__file__).resolve().parent
EXAMPLE_LINE = re.compile(r"^내일 회의 일정 \((fp32|int8)\): ([\d. ]+), order", re.MULTILINE)
DOCUMENTS = (
    "내일 오후 2시에 품질 미팅이 있습니다",
    "오늘 점심은 김치찌개를 먹었다",
    "금요일에 아키텍처 리뷰 회의 예정",
)
PURPOSES = {
    "config.json": "architecture",
    "model.safetensors": "weights, fp16",
    "onnx/model.onnx": "graph, fp32 computation",
    "onnx/model_quantized.onnx": "graph, dynamic int8",
    "tokenizer.json": "tokenizer",
}


def example_rows(evaluation: str) -> str:
    scores = {name: values.split() for name, values in EXAMPLE_LINE.findall(evaluation)}
    triples = zip(DOCUMENTS, scores["fp32"], scores["int8"], strict=True)
    return "\n".join(f"| {document} | {fp32} | {int8} |" for document, fp32, int8 in triples)


def file_rows(model: Path) -> tuple[str, int]:
    rows, total = ["| file | bytes | what |", "| --- | ---: | --- |"], 0
    for path in sorted(model.rglob("*")):
        name = path.relative_to(model).as_posix()
        if path.is_file() and not name.startswith("train/") and name != "README.md":
            total += path.stat().st_size
            purpose = PURPOSES.get(name, "tokenizer settings")
            rows.append(f"| `{name}` | {path.stat().st_size:,} | {purpose} |")
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
    evaluation = (HERE / "evaluation.md").read_text(encoding="utf-8")
    log = (HERE / "train.log").read_text(encoding="utf-8")
    steps, seen = re.search(r"^(\d+) steps, ([\d.]+)M tokens$", log, re.MULTILINE).groups()
    weights = load_file(args.model / "model.safetensors")
    files, total = file_rows(args.model)
    drift = re.search(r"sigmoid: largest ([\d.]+), mean ([\d.]+)", evaluation)
    card = Template((HERE / "card.md").read_text(encoding="utf-8")).substitute(
        languages=languages(args.data),
        parameters=f"{sum(w.size for w in weights.values()) / 1e6:.1f} million",
        total=f"{total / 1e6:.1f} MB",
        example=example_rows(evaluation),
        files=files,
        drift=f"Its sigmoid differs from fp32 by {drift[2]} on average, {drift[1]} at most, on the lists below.",
        figures="\n".join(line for line in evaluation.splitlines() if line.startswith("|")),
        steps=f"{int(steps):,}",
        seen=seen,
        sources=source_rows(args.data),
    )
    (args.model / "README.md").write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
