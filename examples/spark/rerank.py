"""Reranks a Parquet data set on Spark: rerank.py INPUT OUTPUT [WORDS OF RERANKD...]"""

import json
import sys
from subprocess import PIPE, Popen
from threading import Thread

import pandas as pd
from pyspark.sql import SparkSession

# Statuses of `rerankd rank`: every row was ranked, or all but some, which have an `error`.
RANKED = (0, 3)
SCHEMA = "id long, ranking array<int>, scores array<float>, error string"


def line_of(row_id, query, documents):
    documents = None if documents is None else list(documents)
    return json.dumps({"id": int(row_id), "query": query, "documents": documents}) + "\n"


def row_of(line):
    answer = json.loads(line)
    results = answer.get("results")
    ranking = results and [result["index"] for result in results]
    scores = results and [result["relevance_score"] for result in results]
    return answer["id"], ranking, scores, answer.get("error")


def send(lines, pipe):
    pipe.writelines(lines)
    pipe.flush()


def reranker(command):
    def rerank(batches):
        with Popen(command, stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8") as process:
            for batch in batches:
                lines = list(map(line_of, batch["id"], batch["query"], batch["documents"]))
                # A line for each line, in order; sent by a thread, as both pipes hold only so much.
                Thread(target=send, args=(lines, process.stdin), daemon=True).start()
                rows = [row_of(process.stdout.readline()) for _ in lines]
                yield pd.DataFrame(rows, columns=["id", "ranking", "scores", "error"])
        if process.returncode not in RANKED:
            raise RuntimeError(f"rerankd ended with {process.returncode}")

    return rerank


def main(source, target, words):
    # A process for each partition, on the one core that a task has.
    command = [*words, "--jsonl", "--threads=1", "--errors=-", "--reproducible=on"]
    spark = SparkSession.builder.appName("rerank").getOrCreate()
    rows = spark.read.parquet(source).select("id", "query", "documents")
    rows.mapInPandas(reranker(command), SCHEMA).write.mode("overwrite").parquet(target)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:] or ["rerankd", "rank"])
