"""Reads the training and evaluation sets.

Every set is one gzipped JSON-lines file. A training row is `{lang, q, p, doc?}`: a query, the passage
that answers it, and the document the passage was cut from. A dev row is a query with labelled candidates. Abstracts of
papers have no queries: they are xz-compressed tables, one a category of arXiv.
"""

from __future__ import annotations

import csv
import gzip
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEFAULT_DATA = Path("../shared/data")


@dataclass(frozen=True)
class Pair:
    """A query and a passage relevant to it."""

    query: str
    passage: str
    doc: str | None


@dataclass(frozen=True)
class Source:
    """One training set, as listed in the manifest."""

    name: str
    path: Path
    repository: str
    licence: str
    rows: int

    @property
    def lang(self) -> str:
        return self.name.split("__")[0]

    @property
    def kind(self) -> str:
        """What the set is made of: `tldr`, `docs-react`, `jaquad`, ..."""
        return self.name.split("__")[1]


@dataclass(frozen=True)
class DevList:
    """A query with its candidates in the file's order."""

    query: str
    texts: list[str]
    labels: list[float]
    ideal: list[float]
    scored: bool


def training_sources(data: Path) -> list[Source]:
    """The training sets, sorted by name."""
    sources = []
    with (data / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        for row in csv.DictReader(manifest, delimiter="\t"):
            name = row["file"].removeprefix("train/").removesuffix(".jsonl.gz")
            if not row["file"].startswith("train/"):
                continue
            path = data / row["file"]
            sources.append(Source(name, path, row["repository"], row["licence"], int(row["rows"])))
    return sorted(sources, key=lambda source: source.name)


def read_rows(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_pairs(source: Source) -> list[Pair]:
    """All pairs of a set, without empty sides and exact repeats."""
    pairs = {}
    for row in read_rows(source.path):
        query, passage = row["q"].strip(), row["p"].strip()
        if query and passage:
            pairs[query, passage] = Pair(query, passage, row.get("doc"))
    return list(pairs.values())


def read_abstracts(path: Path) -> list[Pair]:
    """Titles and abstracts of a table whose header names `title`, `abstract` and `arxiv_id`; those with formulas, and
    very short or long ones, are dropped."""
    pairs = []
    csv.field_size_limit(1 << 24)
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            title, abstract = (" ".join((row[key] or "").split()) for key in ("title", "abstract"))
            if title and 60 <= len(abstract.split()) <= 300 and not set("$\\") & set(title + abstract):
                pairs.append(Pair(title, abstract, row["arxiv_id"]))
    return pairs


def read_dev(path: Path) -> list[DevList]:
    """The lists of one dev file; lists without a relevant or an irrelevant candidate are dropped."""
    lists = []
    for row in read_rows(path):
        candidates = row["cands"]
        labels = [float(c["rel"]) for c in candidates]
        if max(labels) > 0 and min(labels) <= 0:
            ideal = [float(rel) for rel in row.get("all_rel") or labels]
            scored = "score" in candidates[0]
            lists.append(DevList(row["query"], [c["text"] for c in candidates], labels, ideal, scored))
    return lists


def dev_files(data: Path) -> list[Path]:
    return sorted((data / "dev").glob("*.jsonl.gz"))
