"""Reranks Parquet files through JSON lines with DuckDB: rerank.py INPUT OUTPUT [WORDS OF RERANKD...]"""

import subprocess
import sys

import duckdb

# Statuses of `rerankd rank`: every row was ranked, or all but some, which have an `error`.
RANKED = (0, 3)

COLUMNS = {
    "id": "BIGINT",
    "results": "STRUCT(index INTEGER, relevance_score FLOAT)[]",
    "error": "VARCHAR",
}


def main(source, target, words):
    lists, ranked = f"{target}.lists.jsonl", f"{target}.ranked.jsonl"
    rows = duckdb.sql("SELECT id, query, documents FROM read_parquet($source)", params={"source": source})
    # The same rows in the same order, so a run that ended early goes on.
    rows.query("rows", f"COPY (SELECT * FROM rows ORDER BY id) TO '{quoted(lists)}' (FORMAT json)")
    command = [*words, "--jsonl", lists, f"--out={ranked}", "--errors=-", "--resume"]
    status = subprocess.run(command, check=False).returncode
    if status not in RANKED:
        sys.exit(f"rerankd ended with {status}; the same command goes on")
    answers = duckdb.read_json(ranked, format="newline_delimited", columns=COLUMNS)
    answers.query(
        "answers",
        f"""COPY (
          SELECT
            id,
            list_transform(results, lambda result: result.index) AS ranking,
            list_transform(results, lambda result: result.relevance_score) AS scores,
            error,
          FROM answers
        ) TO '{quoted(target)}' (FORMAT parquet)""",
    )


def quoted(path):
    return path.replace("'", "''")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:] or ["rerankd", "rank"])
