"""Prints what a reranked data set holds, whatever the order of its rows: hash_rows.py PATH"""

import hashlib
import json
import sys

import pyarrow.parquet as pq


def main(path):
    table = pq.read_table(path, columns=["id", "ranking", "scores", "error"]).sort_by("id")
    rows = table.to_pylist()
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row).encode())
    facts = {
        "rows": len(rows),
        "ids": len({row["id"] for row in rows}),
        "errors": sum(row["error"] is not None for row in rows),
        "sha256": digest.hexdigest(),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1])
