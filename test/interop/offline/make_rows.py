"""Writes rows to rerank as Parquet: make_rows.py FOLDER ROWS FILES"""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

WORDS = ["red", "fruit", "blue", "car", "green", "tree", "river", "stone", "house", "bread", "cloud", "seven"]


def text(seed, words):
    return " ".join(WORDS[(seed * 7 + at * at + at * seed) % len(WORDS)] for at in range(words))


def main(folder, rows, files):
    folder.mkdir(parents=True)
    each = -(-rows // files)
    for file in range(files):
        ids = range(file * each, min(rows, (file + 1) * each))
        table = {
            "id": pa.array(ids, pa.int64()),
            "query": [text(row, 2) for row in ids],
            "documents": [[text(row + at, 2 + (row + at) % 5) for at in range(2)] for row in ids],
        }
        pq.write_table(pa.table(table), folder / f"{file:04}.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
