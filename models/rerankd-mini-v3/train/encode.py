"""Turns the mined lists into token ids, and counts how rare pieces and words are."""

from __future__ import annotations

import argparse
import gzip
import json
import pickle
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from settings import Settings
from tables import count_rarity, piece_texts

MAX_CHARS = 6000
MAX_TOKENS = 1000
RARITY_TOKENS = 200


def padded(rows: list[list], fill: float, dtype: type) -> np.ndarray:
    table = np.full((len(rows), max(map(len, rows))), fill, dtype)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    return table


def encode(texts: list[str], tokenizer: Tokenizer) -> list[np.ndarray]:
    """Each text's ids without special tokens, cut to MAX_TOKENS."""
    rows = []
    for start in range(0, len(texts), 10_000):
        batch = [text[:MAX_CHARS] for text in texts[start : start + 10_000]]
        encoded = tokenizer.encode_batch(batch, add_special_tokens=False)
        rows.extend(np.array(e.ids[:MAX_TOKENS], np.uint16) for e in encoded)
    return rows


def texts_by_language(content: dict, rows: list[np.ndarray]) -> dict[str, list[np.ndarray]]:
    """The passages of every language, each once, cut to their first tokens."""
    chosen: dict[str, set[int]] = {}
    for lang, pool in zip(content["langs"], content["pools"], strict=True):
        chosen.setdefault(lang, set()).update(pool)
    return {
        lang: [rows[i][:RARITY_TOKENS] for i in sorted(numbers)] for lang, numbers in sorted(chosen.items())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.json.gz"))
    parser.add_argument("--out", type=Path, default=Path("lists.npz"))
    parser.add_argument("--tables", type=Path, default=Path("tables.pickle"))
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    with gzip.open(args.lists, "rt", encoding="utf-8") as stored:
        content = json.load(stored)
    rows = encode(content["texts"], tokenizer)
    np.savez(
        args.out,
        tokens=np.concatenate(rows),
        text_ends=np.cumsum([len(row) for row in rows]),
        queries=np.array(content["queries"], np.int32),
        candidates=padded(content["candidates"], -1, np.int32),
        labels=padded(content["labels"], 0, np.float32),
        groups=np.array(content["groups"], np.int32),
        weights=np.array(content["weights"], np.int32),
        pool=np.concatenate([np.array(p, np.int32) for p in content["pools"]]),
        pool_ends=np.cumsum([len(p) for p in content["pools"]]),
    )
    settings = Settings(tokenizer.get_vocab_size())
    tables = count_rarity(texts_by_language(content, rows), piece_texts(tokenizer), settings)
    args.tables.write_bytes(pickle.dumps(tables))
    print(f"{len(content['queries'])} lists, {len(rows)} texts, {sum(map(len, rows)) / 1e6:.1f}M tokens")


if __name__ == "__main__":
    main()
