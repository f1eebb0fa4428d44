"""Divides rows of different lengths into batches with little padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def batches(rows: Sequence[Sequence[int]], tokens: int) -> Iterator[list[int]]:
    """Indices of the rows of each batch, the longest first, of at most `tokens` with padding, or of one row."""
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
    at = 0
    while at < len(order):
        part = order[at : at + max(1, tokens // len(rows[order[at]]))]
        yield part
        at += len(part)
