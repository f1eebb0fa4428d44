"""Vectors of pieces by the company they keep: word2vec over all texts, as token ids, without labels."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from gensim.models import Word2Vec
from tokenizers import Tokenizer

from settings import END, Settings

FEWEST_TOKENS = 3
OPTIONS = {
    "window": 8,
    "min_count": 3,
    "sg": 1,
    "negative": 8,
    "epochs": 1,
    "sample": 1e-4,
    "alpha": 0.05,
}


def write_corpus(lists: Path, target: Path) -> None:
    """One line a text, of its ids."""
    stored = np.load(lists)
    tokens = stored["tokens"]
    with target.open("w", encoding="ascii") as out:
        for text in np.split(tokens, stored["text_ends"][:-1]):
            if len(text) >= FEWEST_TOKENS:
                out.write(" ".join(map(str, text[text > END].tolist())) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--corpus", type=Path, default=Path("corpus.txt"))
    parser.add_argument("--out", type=Path, default=Path("neighbours.npy"))
    parser.add_argument("--threads", type=int, default=1, help="more are faster, but then no two runs are alike")
    args = parser.parse_args()
    settings = Settings(Tokenizer.from_file(str(args.model / "tokenizer.json")).get_vocab_size())
    write_corpus(args.lists, args.corpus)
    model = Word2Vec(
        corpus_file=str(args.corpus), vector_size=settings.hidden, workers=args.threads, seed=1, **OPTIONS
    )
    vectors = np.zeros((settings.vocab, settings.hidden), np.float32)
    for key, row in model.wv.key_to_index.items():
        vectors[int(key)] = model.wv.vectors[row]
    np.save(args.out, vectors)
    print(f"neighbours: vectors of {len(model.wv)} of {settings.vocab} pieces")


if __name__ == "__main__":
    main()
