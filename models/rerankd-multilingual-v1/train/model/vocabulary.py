"""Chooses the pieces that the model keeps, and writes the tokenizer without the others.

A text all of whose pieces are kept is cut as before: the best path of a Unigram model stays the best when others go.
Kept are single characters, what training texts use, and what the frequent words of the `wordfreq` wheel use, by how
often, until there are enough.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from pathlib import Path

import msgpack
import numpy as np
from tokenizers import Tokenizer

from model.pieces import SPACE, SPECIALS

# Words a language, the most frequent first, and how many of them count with a capital as well.
WORDS, CAPITALS = 40_000, 8000
_LISTS = re.compile(r"wordfreq/data/small_(\w+)\.msgpack\.gz")


def read_tokenizer(path: Path) -> dict:
    """A `tokenizer.json` or `tokenizer.json.gz`."""
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def frequent_words(wheel: Path) -> dict[str, list[str]]:
    """The most frequent words of each language in the `wordfreq` wheel, the first the most frequent."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if match := _LISTS.fullmatch(name):
                bins = msgpack.loads(gzip.decompress(archive.read(name)))[1:]
                found[match[1]] = [word for words in bins for word in words][:WORDS]
    return found


def usage(tokenizer: Tokenizer, size: int, words: dict[str, list[str]]) -> np.ndarray:
    """For each piece the smallest rank, in any language, of a frequent word that is made of it; `WORDS` if none."""
    best = np.full(size, WORDS)
    for listed in words.values():
        forms = [(rank, word) for rank, word in enumerate(listed)]
        forms += [(rank, word.capitalize()) for rank, word in enumerate(listed[:CAPITALS]) if word.capitalize() != word]
        encoded = tokenizer.encode_batch([word for _, word in forms], add_special_tokens=False)
        for (rank, _), found in zip(forms, encoded, strict=True):
            for piece in found.ids:
                best[piece] = min(best[piece], rank)
    return best


def choose(source: dict, counts: np.ndarray, best: np.ndarray, size: int) -> np.ndarray:
    """Ids of the kept pieces, ascending: specials and single characters, then by use in texts and words."""
    vocabulary = source["model"]["vocab"]
    single = np.array([len(piece.replace(SPACE, "")) <= 1 for piece, _ in vocabulary])
    single[:SPECIALS] = True
    single[len(vocabulary) - 1] = False
    # A piece's worth: its rank by use in training texts or among words, whichever is better, on one scale.
    by_count = np.argsort(np.argsort(-counts, kind="stable"), kind="stable").astype(float)
    by_count[counts == 0] = np.inf
    order = np.argsort(np.argsort(best, kind="stable"), kind="stable").astype(float)
    order[best >= WORDS] = np.inf
    worth = np.where(single, -1.0, np.minimum(by_count, order))
    worth[len(vocabulary) - 1] = np.inf
    kept = np.argsort(worth, kind="stable")[:size]
    return np.sort(kept[np.isfinite(worth[kept])])


def prune(source: dict, keep: np.ndarray) -> dict:
    """The tokenizer with the kept pieces only, numbered anew in their old order."""
    pruned = dict(source)
    vocabulary = source["model"]["vocab"]
    pruned["model"] = {**source["model"], "vocab": [vocabulary[i] for i in keep]}
    pruned["added_tokens"] = [token for token in source["added_tokens"] if token["id"] < SPECIALS]
    return pruned
