"""The sizes of the network, and the token ids that every part of it knows."""

from __future__ import annotations

from dataclasses import dataclass

START, PAD, END = 0, 1, 2
MAX_TOKENS = 1024


@dataclass(frozen=True)
class Settings:
    """Sizes. The score is the average of `members` heads; a query's first `match_query` tokens are compared."""

    vocab: int
    hidden: int = 128
    match_query: int = 128
    word_buckets: int = 1 << 16
    members: int = 4
    term_hidden: int = 64
    deep_hidden: int = 128
    drop: float = 0.2
