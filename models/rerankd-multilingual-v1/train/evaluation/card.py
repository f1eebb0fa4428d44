"""Writes the model card from `card.md`, the measured figures and the manifest of the training sets."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from string import Template

from lists.data import DEFAULT_DATA, training_sources

HERE = Path(__file__).resolve().parent
FIRST_LANGUAGES = ["ko", "en", "ja", "zh"]
PURPOSES = {
    "config.json": "sizes, licence",
    "onnx/model_quantized.onnx": "graph: layers in int8, embeddings in 4 bits",
    "tokenizer.json": "tokenizer: XLM-R's, without the pieces left out",
}
RANKERS = ("bm25", "e5", "fp32", "int8")
TITLES = {"bm25": "BM25", "e5": "e5 bi-encoder", "fp32": "fp32", "int8": "int8"}


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose first column is text and whose others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def list_rows(lists: dict[str, dict[str, float]]) -> str:
    """nDCG@10 by list, the smallest lead over BM25 first."""
    names = [name for name in RANKERS if f"{name} ndcg" in lists["mean"]]
    lead = {name: row["int8 ndcg"] - row["bm25 ndcg"] for name, row in lists.items()}
    order = sorted((name for name in lists if name != "mean"), key=lead.__getitem__)
    rows = [
        [f"**{name} of lists**" if name == "mean" else name, f"{lists[name]['queries']:.0f}"]
        + [f"{lists[name][f'{ranker} ndcg']:.3f}" for ranker in names]
        + [f"{lead[name]:+.3f}"]
        for name in [*order, "mean"]
    ]
    return table(["list", "queries", *(TITLES[name] for name in names), "int8 over BM25"], rows)


def probe_rows(probes: dict[str, dict[str, dict[str, int]]]) -> str:
    names = [name for name in RANKERS if name in next(iter(probes.values()))["all"]]
    rows = []
    for probe, groups in probes.items():
        for group in sorted(groups, key=lambda name: (name != "all", len(name) > 2, name)):
            row = groups[group]
            title = f"**{probe}**" if group == "all" else f"{probe}, {group}"
            rows.append([title, str(row["cases"]), *(str(row[name]) for name in names)])
    return table(["probe", "cases", *(TITLES[name] for name in names)], rows)


def file_rows(model: Path) -> tuple[str, int]:
    """The files that are shipped, and their bytes together."""
    files = [path for path in sorted(model.rglob("*")) if path.is_file()]
    names = {path.relative_to(model).as_posix(): path.stat().st_size for path in files}
    shipped = {name: size for name, size in names.items() if not name.startswith("train/") and name != "README.md"}
    rows = [[f"`{name}`", f"{size:,}", PURPOSES.get(name, "tokenizer settings")] for name, size in shipped.items()]
    return table(["file", "bytes", "what"], rows), sum(shipped.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--model", type=Path, default=HERE.parents[1])
    args = parser.parse_args()
    lists, beside = (json.loads((HERE / name).read_text(encoding="utf-8")) for name in ("figures.json", "beside.json"))
    sources = training_sources(args.data)
    codes = {source.lang for source in sources if len(source.lang) <= 3}
    files, total = file_rows(args.model)
    means, few = lists["lists"]["mean"], beside["lists"]["mean"]
    card = Template((HERE / "card.md").read_text(encoding="utf-8")).substitute(
        languages="\n".join(f"  - '{code}'" for code in FIRST_LANGUAGES + sorted(codes - set(FIRST_LANGUAGES))),
        total=f"{total / 1e6:.1f} MB",
        files=files,
        lists=list_rows(lists["lists"]),
        lead=f"{means['int8 ndcg'] - means['bm25 ndcg']:+.3f}",
        few=f"{few['queries']:.0f}",
        beside=", ".join(f"{TITLES[name]} {few[f'{name} ndcg']:.3f}" for name in RANKERS),
        drift=f"{few['int8 ndcg'] - few['fp32 ndcg']:+.4f}",
        probes=probe_rows(beside["probes"]),
        sources=table(
            ["set", "from", "licence", "rows"],
            [[source.name, source.repository, source.licence, f"{source.rows:,}"] for source in sources],
        ),
        folder=args.model.name,
    )
    (args.model / "README.md").write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
