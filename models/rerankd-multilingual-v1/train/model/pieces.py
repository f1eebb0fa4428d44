"""What is known of each piece of the tokenizer without training: tables that the matching looks up by token id.

Pieces that differ only in case, accents, width or a leading space are the same to the matching. A word is recognised by
a polynomial hash of its characters, which does not depend on how it was cut into pieces: the hash of a piece is its
characters' at offset 0, and is moved by a power of BASE.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass

import numpy as np

SPACE = "\u2581"
SPECIALS = 4
MODULUS = (1 << 31) - 1
BASE = 1_000_003
# Longest word, in characters, that the table of powers covers; what is longer repeats the last power.
LONGEST_WORD = 256
# Characters of a piece whose neighbourhood is compared; those of longer pieces, but for the last, are left out.
INNER = 5


@dataclass(frozen=True)
class Pieces:
    """Tables over the vocabulary, all int64 but the last.

    `same` [pieces] numbers pieces that count as equal, 0 for what is never compared; `starts` [pieces] is 1 where a
    word begins; `hashes` and `lengths` [pieces] are the hash and number of its characters; `dense` [pieces] is its row
    in `characters` [rows, INNER + 1], its first characters and its last, 0 for those of scripts with spaces (row 0 has
    none); `powers` [LONGEST_WORD]; `rarity` [pieces] fp32, about 0 for the most frequent pieces of all languages and 1
    for the rarest.
    """

    same: np.ndarray
    starts: np.ndarray
    hashes: np.ndarray
    lengths: np.ndarray
    dense: np.ndarray
    characters: np.ndarray
    powers: np.ndarray
    rarity: np.ndarray


def fold(text: str) -> str:
    """Text without case, accents and compatibility forms."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in text if not "\u0300" <= c <= "\u036f"))


def letters(text: str) -> str:
    """The folded letters and digits of a text, with the marks that belong to them."""
    return "".join(c for c in fold(text) if unicodedata.category(c)[0] in "LNM")


def is_dense(character: str) -> bool:
    """Whether two of these characters in a row say about as much as a word: Chinese, Japanese, Korean, Thai, Lao."""
    code = ord(character)
    return (
        0x0E00 <= code <= 0x0EFF
        or 0x3040 <= code <= 0x30FF
        or 0x3400 <= code <= 0x9FFF
        or 0xAC00 <= code <= 0xD7A3
        or 0x20000 <= code <= 0x3FFFF
    )


def spread(code: int) -> int:
    """A fixed number below MODULUS for a character, well mixed (the finalizer of splitmix64)."""
    x = (code * 0x9E3779B97F4A7C15 + 0x1234567) & (2**64 - 1)
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
    return (x ^ (x >> 31)) % (MODULUS - 1) + 1


def describe(vocabulary: list[tuple[str, float]]) -> Pieces:
    """The tables of a Unigram vocabulary, `(piece, log probability)` in the order of the ids."""
    n = len(vocabulary)
    same = np.zeros(n, np.int64)
    starts = np.zeros(n, np.int64)
    hashes = np.zeros(n, np.int64)
    lengths = np.zeros(n, np.int64)
    dense = np.zeros(n, np.int64)
    characters = [[0] * (INNER + 1)]
    powers = [1]
    for _ in range(LONGEST_WORD - 1):
        powers.append(powers[-1] * BASE % MODULUS)
    numbers: dict[str, int] = {}
    mass: dict[int, float] = {}
    for i, (piece, score) in enumerate(vocabulary):
        if i < SPECIALS:
            continue
        bare = piece.replace(SPACE, "")
        text = letters(bare)
        # Whatever is no letter or digit ends a word: it starts one of its own, and so does what follows a space.
        starts[i] = int(piece.startswith(SPACE) or not text)
        if not text:
            continue
        same[i] = numbers.setdefault(text, len(numbers) + 1)
        mass[same[i]] = np.logaddexp(mass.get(same[i], -np.inf), score)
        lengths[i] = len(text)
        total = 0
        for offset, c in enumerate(text):
            total += spread(ord(c)) * powers[min(offset, LONGEST_WORD - 1)]
        hashes[i] = total % MODULUS
        codes = [ord(c) if is_dense(c) else 0 for c in text]
        if any(codes):
            dense[i] = len(characters)
            characters.append((codes + [0] * INNER)[:INNER] + codes[-1:])
    rarity = np.zeros(n, np.float32)
    for i in range(SPECIALS, n):
        if same[i]:
            rarity[i] = np.clip((-mass[same[i]] - 4.0) / 10.0, 0.02, 1.2)
    rows = np.array(characters, np.int64)
    return Pieces(same, starts, hashes, lengths, dense, rows, np.array(powers, np.int64), rarity)


def of_tokenizer(text: str) -> Pieces:
    """The tables for the vocabulary of a `tokenizer.json`, given as text."""
    return describe([(piece, score) for piece, score in json.loads(text)["model"]["vocab"]])
