"""The sizes of the network, and the token ids that every part of it knows."""

from __future__ import annotations

from dataclasses import dataclass

START, PAD, END = 0, 1, 2
MAX_TOKENS = 1024


@dataclass(frozen=True)
class Settings:
    """Sizes. `window` counts the tokens of a pair that the encoder reads, the rest of it only matches.

    The last heads are an average of `members`, each on `bounded` summaries; the matching stage trains one that is not.
    """

    vocab: int
    hidden: int = 128
    layers: int = 3
    heads: int = 4
    feed_forward: int = 384
    window: int = 128
    window_query: int = 48
    window_head: int = 12
    match_query: int = 128
    word_buckets: int = 1 << 16
    members: int = 1
    term_hidden: int = 32
    deep_hidden: int = 48
    bounded: bool = False
    drop: float = 0.0
