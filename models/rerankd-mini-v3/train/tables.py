"""Fixed tables the network looks pieces and words up in, made from the vocabulary and the training texts.

A piece's hash is that of its text without the word mark `▁`, so `▁foo` and `foo` match. A word is a run of
pieces up to the next word mark or punctuation; in scripts without spaces, and in Korean, whose words carry
endings, every piece is a word of its own.
A word's hash is the sum of its pieces' hashes. In Chinese, Japanese and Korean, two characters in a row
are compared too, wherever piece borders fall. Rarity is the log of (texts / texts with it), in the
language in which it is most common.
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
# Kana, Han, Hangul, Thai, Lao, Burmese, Khmer.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
PUNCTUATION = re.compile(r"[\W_]+")

SPECIAL, STARTS_WORD, ENDS_WORD = 0, 1, 2

# Character pairs of a piece: the one with the character before it, and its first ones inside.
INNER_PAIRS = 3
DENSE = re.compile(r"[\u3040-\u30ff\u3400-\ufaff]+")
PAIR_FACTOR = 65_599
# Texts a language is thought to have besides, so that in a small one a word is not common that occurs once.
PRIOR_TEXTS = 1000.0
LEAST_SHARE = 1e-5


@dataclass(frozen=True)
class Tables:
    """`hashes` [vocab] int64; `kinds` [vocab, 3] float32, 1 where a piece is SPECIAL, STARTS_WORD, ENDS_WORD;
    `pairs` [vocab, 2 + INNER_PAIRS] int64: code of the first and last character, pairs inside, 0 where none;
    `piece_rarity` [vocab], `word_rarity` and `pair_rarity` [2, buckets] float32."""

    hashes: np.ndarray
    kinds: np.ndarray
    pairs: np.ndarray
    piece_rarity: np.ndarray
    word_rarity: np.ndarray
    pair_rarity: np.ndarray


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


def piece_pairs(pieces: list[str]) -> np.ndarray:
    """`[pieces, 2 + INNER_PAIRS]`; the first character's code is 0 after a word mark, as nothing comes before it."""
    pairs = np.zeros((len(pieces), 2 + INNER_PAIRS), np.int64)
    for i, piece in enumerate(pieces):
        text = piece.lstrip("▁")
        if not DENSE.fullmatch(text):
            continue
        codes = [ord(char) for char in text]
        pairs[i, 0] = 0 if piece.startswith("▁") else codes[0]
        pairs[i, 1] = codes[-1]
        inner = [a * PAIR_FACTOR + b for a, b in zip(codes, codes[1:], strict=False)][:INNER_PAIRS]
        pairs[i, 2 : 2 + len(inner)] = inner
    return pairs


def character_pairs(ids: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """`[tokens, 1 + INNER_PAIRS]`: the pairs of characters that each token of a text completes, 0 where none."""
    rows = pairs[ids]
    before = np.concatenate([[0], rows[:-1, 1]]) if len(ids) else np.zeros(0, np.int64)
    across = np.where((before > 0) & (rows[:, 0] > 0), before * PAIR_FACTOR + rows[:, 0], 0)
    return np.concatenate([across[:, None], rows[:, 2:]], 1)


class Shares:
    """In which share of a language's texts a number occurs; keeps the largest share of any language."""

    def __init__(self, size: int) -> None:
        self.largest = np.full(size, LEAST_SHARE)

    def add(self, numbers: list[np.ndarray]) -> None:
        """Takes the numbers that occur in each of a language's texts."""
        counts = np.bincount(np.concatenate(numbers), minlength=len(self.largest))
        share = np.where(counts > 0, (counts + 0.5) / (len(numbers) + PRIOR_TEXTS), 0)
        self.largest = np.maximum(self.largest, share)

    def rarity(self) -> np.ndarray:
        return -np.log(self.largest).clip(max=0.99).astype(np.float32)


def count_rarity(texts: dict[str, list[np.ndarray]], pieces: list[str], settings: Settings) -> Tables:
    """Tables from each language's texts as token ids."""
    hashes, kinds, pairs = piece_hashes(pieces), piece_kinds(pieces), piece_pairs(pieces)
    _, same = np.unique(hashes, return_inverse=True)
    by_piece = Shares(same.max() + 1)
    by_word = [Shares(settings.word_buckets) for _ in range(2)]
    by_pair = [Shares(settings.word_buckets) for _ in range(2)]
    for rows in texts.values():
        by_piece.add([np.unique(same[ids]) for ids in rows])
        words = [np.unique(word_hashes(ids, hashes, kinds)) for ids in rows]
        grams = [np.unique(character_pairs(ids, pairs)) for ids in rows]
        for shares, found in ((by_word, words), (by_pair, [g[g > 0] for g in grams])):
            for i, one in enumerate(shares):
                one.add([buckets_of(numbers, settings.word_buckets)[i] for numbers in found])
    rarity = by_piece.rarity()[same]
    rarity[hashes == 0] = 0
    word_rarity, pair_rarity = (np.stack([one.rarity() for one in shares]) for shares in (by_word, by_pair))
    return Tables(hashes, kinds, pairs, rarity, word_rarity, pair_rarity)
