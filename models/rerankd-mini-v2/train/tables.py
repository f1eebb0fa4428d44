"""Fixed tables the network looks pieces and words up in, made from the vocabulary and the training texts.

A piece's hash is that of its text without the word mark `▁`, so `▁foo` and `foo` match. A word is a run of
pieces up to the next word mark or punctuation; in scripts without spaces every piece is a word of its own.
A word's hash is the sum of its pieces' hashes. Rarity is the log of (texts / texts with it).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from settings import END, PAD, START, Settings

HASH_RANGE = 1 << 30
# By so much smaller is the second set of word buckets, a prime number of them.
SECOND_BUCKETS = 15
UNSPACED = re.compile(r"[぀-ヿ㐀-鿿豈-﫿฀-໿က-႟ក-៿]")
PUNCTUATION = re.compile(r"[\W_]+")

SPECIAL, STARTS_WORD, ENDS_WORD = 0, 1, 2


@dataclass(frozen=True)
class Tables:
    """`hashes` [vocab] int64; `kinds` [vocab, 3] float32, 1 where a piece is SPECIAL, STARTS_WORD, ENDS_WORD;
    `piece_rarity` [vocab] and `word_rarity` [2, buckets] float32."""

    hashes: np.ndarray
    kinds: np.ndarray
    piece_rarity: np.ndarray
    word_rarity: np.ndarray


def piece_texts(tokenizer: Tokenizer) -> list[str]:
    """Every piece's text by id."""
    vocab = tokenizer.get_vocab()
    return [piece for piece, _ in sorted(vocab.items(), key=lambda item: item[1])]


def piece_hashes(pieces: list[str]) -> np.ndarray:
    """A number in [1, 2^30) per piece; 0 for the special tokens and for a word mark on its own."""
    bare = [(piece.lstrip("▁") or piece).encode() for piece in pieces]
    hashes = [1 + (zlib.crc32(b) * 2654435761 + zlib.adler32(b)) % (HASH_RANGE - 1) for b in bare]
    values = np.array(hashes, np.int64)
    values[[START, PAD, END]] = 0
    values[[piece == "▁" for piece in pieces]] = 0
    return values


def piece_kinds(pieces: list[str]) -> np.ndarray:
    """`[pieces, 3]`: SPECIAL, STARTS_WORD (a word starts here), ENDS_WORD (and the next one after it)."""
    kinds = np.zeros((len(pieces), 3), np.float32)
    for i, piece in enumerate(pieces):
        bare = piece.lstrip("▁")
        if i in (START, PAD, END):
            kinds[i] = 1
        elif not bare:
            kinds[i, [SPECIAL, STARTS_WORD]] = 1
        elif PUNCTUATION.fullmatch(bare) or UNSPACED.search(bare):
            kinds[i, [STARTS_WORD, ENDS_WORD]] = 1
        elif piece.startswith("▁"):
            kinds[i, STARTS_WORD] = 1
    return kinds


def word_hashes(ids: np.ndarray, hashes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """The hashes of one text's words, in order."""
    if len(ids) == 0:
        return np.zeros(0, np.int64)
    starts = kinds[ids, STARTS_WORD] > 0
    starts[0] = True
    starts[1:] |= kinds[ids[:-1], ENDS_WORD] > 0
    return np.add.reduceat(hashes[ids], np.flatnonzero(starts))


def buckets_of(words: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Two independent bucket numbers for each word's hash."""
    return words % count, words % (count - SECOND_BUCKETS)


def count_rarity(
    texts: list[np.ndarray], weights: np.ndarray, pieces: list[str], settings: Settings
) -> Tables:
    """Tables from sample texts as token ids, each counted by its weight."""
    hashes, kinds = piece_hashes(pieces), piece_kinds(pieces)
    by_piece = np.zeros(settings.vocab)
    by_word = np.zeros((2, settings.word_buckets))
    for ids, weight in zip(texts, weights, strict=True):
        by_piece[np.unique(ids)] += weight
        words = np.unique(word_hashes(ids, hashes, kinds))
        for row, buckets in zip(by_word, buckets_of(words, settings.word_buckets), strict=True):
            np.add.at(row, buckets, weight)
    total = weights.sum()
    same = {}
    for i, value in enumerate(hashes):
        same.setdefault(int(value), []).append(i)
    for group in same.values():
        by_piece[group] = by_piece[group].sum()
    rarity = np.log((total + 1) / (by_piece + 0.5)).clip(0.01).astype(np.float32)
    rarity[hashes == 0] = 0
    word_rarity = np.log((total + 1) / (by_word + 0.5)).clip(0.01).astype(np.float32)
    return Tables(hashes, kinds, rarity, word_rarity)
