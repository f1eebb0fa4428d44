"""Compares the query's tokens with the document's, exactly, and describes what was found. Nothing here is learned.

Four things are compared: pieces, whole words, two pieces in a row, and, in scripts that write no spaces and in Korean,
two characters in a row. All of it is computed from token ids, with operations that ONNX has; the numbers go into the
encoder with each token, and into the head for the pair.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.pieces import MODULUS, Pieces

START, PAD, END = 0, 1, 2
TOKEN_FEATURES = 8
PAIR_FEATURES = 16
USUAL_LENGTH = 160.0
SATURATION = 1.2
# Places, in tokens, over which found rarities are summed to find the best stretch of a document.
WINDOWS = (16, 64)
TINY = 1e-6


class Matcher(nn.Module):
    """Holds the tables of `pieces.py`."""

    def __init__(self, pieces: Pieces) -> None:
        super().__init__()
        for name in ("same", "starts", "hashes", "lengths", "dense", "characters", "powers", "rarity"):
            self.register_buffer(name, torch.from_numpy(getattr(pieces, name)), persistent=False)

    def words(self, ids: Tensor) -> Tensor:
        """The hash of the word that each token belongs to `[rows, length]`, 0 for what is no part of one."""
        same = self.same[ids]
        starts = self.starts[ids]
        number = torch.cumsum(starts, 1)
        count = self.lengths[ids]
        before = torch.cumsum(count, 1) - count
        # One token of each word starts it: what is before that one is before the word.
        first = torch.zeros_like(before).scatter_add(1, number, before * starts)
        offset = before - torch.gather(first, 1, number)
        moved = self.hashes[ids] * self.powers[offset.clamp(max=self.powers.shape[0] - 1)] % MODULUS
        sums = torch.zeros_like(moved).scatter_add(1, number, moved)
        return torch.where(same > 0, torch.gather(sums, 1, number) % MODULUS + 1, 0)

    def pairs(self, ids: Tensor) -> Tensor:
        """`[rows, length, INNER]`: the pairs of characters that each token completes, 0 where none."""
        rows = self.characters[self.dense[ids]]
        before, first = F.pad(rows[:, :-1, -1], (1, 0)), rows[:, :, 0]
        one = torch.cat([before.unsqueeze(2), rows[:, :, :-2]], 2)
        two = torch.cat([first.unsqueeze(2), rows[:, :, 1:-1]], 2)
        return torch.where((one > 0) & (two > 0), one * (1 << 21) + two, 0)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """`ids`, `mask` [rows, length] to features of tokens [rows, length, TOKEN_FEATURES] and of pairs
        [rows, PAIR_FEATURES]. The query ends at the first END."""
        ends = torch.cumsum((ids == END).long(), 1)
        same = self.same[ids] * mask
        asked = ((ends == 0) & (same > 0)).float()
        given = ((ends > 0) & (same > 0)).float()
        rarity = self.rarity[ids] * mask.float()
        words = self.words(ids)
        following = F.pad(same[:, 1:], (0, 1))
        runs = torch.where((same > 0) & (following > 0), same * (1 << 20) + following, 0)
        pairs = self.pairs(ids)

        # The longest query of the batch bounds what is compared.
        limit = slice(0, (ends == 0).long().sum(1).max())

        def equal(values: Tensor) -> Tensor:
            """`[rows, query, length]`: 1 where a query token and a document token have the same value."""
            one = torch.where((asked > 0) & (values > 0), values, -1)[:, limit]
            two = torch.where((given > 0) & (values > 0), values, -2)
            return (one.unsqueeze(2) == two.unsqueeze(1)).float()

        exact = equal(same)
        counts, has, is_in = [], [], []
        for found in (exact, equal(words), equal(runs)):
            count = found.sum(2)
            counts.append(count)
            has.append(count.clamp(max=1))
            is_in.append(found.amax(1))

        rows, length, kinds = pairs.shape
        flat = pairs.reshape(rows, length * kinds)
        wide = torch.where((asked > 0), 1, 0).unsqueeze(2).expand(rows, length, kinds).reshape(rows, -1)
        wider = torch.where((given > 0), 1, 0).unsqueeze(2).expand(rows, length, kinds).reshape(rows, -1)
        one = torch.where((wide > 0) & (flat > 0), flat, -1)[:, : limit.stop * kinds]
        two = torch.where((wider > 0) & (flat > 0), flat, -2)
        there = (one.unsqueeze(2) == two.unsqueeze(1)).float()
        pair_has = there.amax(2).reshape(rows, -1, kinds).sum(2)
        pair_count = (pairs[:, limit] > 0).float().sum(2) * asked[:, limit]
        pair_in = there.amax(1).reshape(rows, length, kinds).sum(2)
        pair_in_count = (pairs > 0).float().sum(2)
        pair_share = pair_has / (pair_count + TINY)
        pair_in_share = pair_in / (pair_in_count + TINY)

        weight = (rarity * asked)[:, limit]
        total = weight.sum(1) + TINY
        document = given.sum(1)
        norm = (0.4 + 0.6 * document / USUAL_LENGTH).unsqueeze(1)

        def saturate(count: Tensor) -> Tensor:
            return count / (count + SATURATION * norm) * (1 + SATURATION)

        worth = is_in[0] * rarity * given
        best = []
        for size in WINDOWS:
            # Distinct query tokens inside each stretch: each counts once, by its rarity.
            pooled = F.max_pool1d(F.pad(exact, (0, size - 1)), size, 1)
            best.append((pooled * weight.unsqueeze(2)).sum(1).amax(1) / total)
        missing = (weight * (1 - has[0])).amax(1)
        pair_total = (weight * (pair_count > 0).float()).sum(1)
        pair_found = (weight * pair_share).sum(1)
        numbers = [
            (weight * has[0]).sum(1) / total,
            (weight * has[1]).sum(1) / total,
            (weight * has[2]).sum(1) / total,
            pair_found / (pair_total + TINY),
            (pair_total > 0).float(),
            (weight * saturate(counts[0])).sum(1) / total,
            (weight * saturate(counts[0])).sum(1) / 4,
            (weight * saturate(counts[1])).sum(1) / total,
            pair_found / 4,
            *best,
            missing,
            total / 6,
            torch.log1p(document) / 6,
            torch.log1p(asked.sum(1)) / 4,
            torch.log1p(worth.sum(1)) / 3,
        ]

        def spread_query(values: Tensor) -> Tensor:
            return F.pad(values, (0, ids.shape[1])).narrow(1, 0, ids.shape[1])

        both = asked + given
        tokens = [
            both * rarity,
            spread_query(has[0]) + is_in[0],
            (spread_query(has[0]) + is_in[0]) * rarity,
            spread_query(has[1]) + is_in[1],
            spread_query(has[2]) + is_in[2],
            spread_query(pair_share * asked[:, limit]) + pair_in_share * given,
            spread_query(torch.log1p(counts[0])),
            asked,
        ]
        return torch.stack(tokens, 2), torch.stack(numbers, 1)
