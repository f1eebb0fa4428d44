"""Reranks a Parquet data set with Ray Data: rerank.py INPUT OUTPUT ACTORS [WORDS OF RERANKD...]"""

import json
import sys
from subprocess import PIPE, Popen
from threading import Thread

import pandas as pd
import ray


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


class Reranker:
    """An actor with a rerankd of its own, which ends when the actor does."""

    def __init__(self, command):
        self.process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8")

    def __call__(self, batch):
        lines = list(map(line_of, batch["id"], batch["query"], batch["documents"]))
        # A line for each line, in order; sent by a thread, as both pipes hold only so much.
        Thread(target=send, args=(lines, self.process.stdin), daemon=True).start()
        rows = [row_of(self.process.stdout.readline()) for _ in lines]
        return pd.DataFrame(rows, columns=["id", "ranking", "scores", "error"])


def main(source, target, actors, words):
    command = [*words, "--jsonl", "--threads=1", "--errors=-", "--reproducible=on"]
    # Actors that take every core whole would wait for ever for rows that no core is left to read.
    files = {"num_cpus": 0.25}
    rows = ray.data.read_parquet(source, columns=["id", "query", "documents"], ray_remote_args=files)
    ranked = rows.map_batches(
        Reranker,
        fn_constructor_args=[command],
        batch_format="pandas",
        batch_size=1000,
        compute=ray.data.ActorPoolStrategy(size=actors),
        num_cpus=0.75,
    )
    ranked.write_parquet(target, ray_remote_args=files)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:] or ["rerankd", "rank"])
