"""Compares every query token with every document token and describes what was found.

Four comparisons are exact: pieces, words, two pieces in a row, and in Chinese, Japanese and Korean two
characters in a row. The last is soft: the cosine of the
two words' embeddings, which is 1 for equal words and high for words that share pieces or meaning.
All of it is computed from token ids; lengths below are those of the padded batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import Parts, Words
from settings import Settings
from tables import PAIR_FACTOR, SPECIAL, Tables, buckets_of

KERNELS = (0.35, 0.5, 0.65, 0.8, 0.95)
KERNEL_WIDTH = 0.1
WINDOWS = (12, 48)
USUAL_LENGTH = 200.0
RARITY_SCALE = 10.0
TERM_FEATURES = 22
TOKEN_FEATURES = 8
WHOLE_FEATURES = 5
TINY = 1e-6
# Of two equal windows the first is taken, on every machine: a later one is worth so much less.
EARLIER = 1e-4


@dataclass
class Found:
    """What the comparison found.

    `terms` [rows, query, TERM_FEATURES] describes each query token, `tokens` [rows, length, TOKEN_FEATURES] each
    document token; `piece_weight` and `word_weight` [rows, query] say how rare a query token is, 0 outside
    the query; `best` [rows] is the position at which the best window of the document starts;
    `whole` [rows, WHOLE_FEATURES] describes the pair: found character pairs, bag cosine, log lengths.
    """

    terms: Tensor
    tokens: Tensor
    piece_weight: Tensor
    word_weight: Tensor
    best: Tensor
    whole: Tensor


class Matcher(nn.Module):
    """Holds the fixed tables and the few numbers of the comparison that are learned."""

    def __init__(self, settings: Settings, tables: Tables) -> None:
        super().__init__()
        self.limit = settings.match_query
        self.buckets = settings.word_buckets
        self.register_buffer("hashes", torch.from_numpy(tables.hashes).int())
        self.register_buffer("kinds", torch.from_numpy(tables.kinds))
        self.register_buffer("pairs", torch.from_numpy(tables.pairs))
        self.register_buffer("word_rarity", torch.from_numpy(tables.word_rarity))
        self.register_buffer("pair_rarity", torch.from_numpy(tables.pair_rarity))
        self.piece_rarity = nn.Parameter(torch.from_numpy(tables.piece_rarity)[:, None].clone())
        self.saturation = nn.Parameter(torch.full((4,), 0.2))
        self.length_share = nn.Parameter(torch.full((4,), 0.5))

    def hashed_rarities(self, table: Tensor, numbers: Tensor) -> Tensor:
        """The rarity of words or pairs given by number, the larger of two bucket entries."""
        one, two = buckets_of(numbers, self.buckets)
        return torch.maximum(table[0][one], table[1][two]) / RARITY_SCALE

    def character_pairs(self, ids: Tensor) -> Tensor:
        """`[rows, length, 1 + INNER_PAIRS]`: the pairs of characters each token completes, 0 where none."""
        rows = self.pairs[ids]
        before, first = F.pad(rows[:, :-1, 1], (1, 0)), rows[:, :, 0]
        across = torch.where((before > 0) & (first > 0), before * PAIR_FACTOR + first, 0)
        return torch.cat([across.unsqueeze(2), rows[:, :, 2:]], 2)

    def match_pairs(self, ids: Tensor, query: slice, there: Tensor, norm: Tensor) -> tuple[Tensor, Tensor]:
        """Per query token `[rows, query]` the found rarity of its character pairs, and all of it.

        `there` [rows, length] marks the document's tokens; `norm` [rows, 1] is the document's length part.
        """
        numbers = self.character_pairs(ids)
        asked = numbers[:, query]
        given = torch.where(there.unsqueeze(2) > 0, numbers, -1)
        slots = range(numbers.shape[2])
        counts = [
            sum((asked[:, :, i].unsqueeze(2) == given[:, :, j].unsqueeze(1)).float().sum(2) for j in slots)
            for i in slots
        ]
        worth = self.hashed_rarities(self.pair_rarity, asked) * (asked > 0).float()
        tally = torch.stack(counts, 2)
        found = tally / (tally + F.softplus(self.saturation[3]) * norm.unsqueeze(2) + TINY)
        return (worth * found).sum(2), worth.sum(2)

    def forward(self, ids: Tensor, kinds: Tensor, parts: Parts, words: Words, embedded: Tensor) -> Found:
        """`ids` [rows, length], `kinds` [rows, length, 3], `embedded` [rows, length, size]."""
        real = 1 - kinds[:, :, SPECIAL]
        hashes = self.hashes[ids].long()
        word = words.sums(hashes)
        pieces_in_word = words.sums(real).clamp(min=1)
        piece_rarity = self.piece_rarity[ids].squeeze(2) / RARITY_SCALE
        word_rarity = self.hashed_rarities(self.word_rarity, word)
        pair = hashes * 3 + F.pad(hashes[:, 1:], (0, 1)) * 5
        pair = torch.where(F.pad(hashes[:, 1:], (0, 1)) > 0, pair, -1)
        vectors = F.normalize(words.sums(embedded), dim=2, eps=1e-4)

        count = parts.query.sum(1).max().clamp(1, self.limit)
        query = slice(1, 1 + count)
        asked = (parts.query * real)[:, query]
        there = parts.document * real
        both = asked.unsqueeze(2) * there.unsqueeze(1)

        def equal(values: Tensor) -> Tensor:
            wanted = torch.where((asked > 0) & (values[:, query] >= 0), values[:, query], -2)
            given = torch.where(there > 0, values, -1)
            return (wanted.unsqueeze(2) == given.unsqueeze(1)).float()

        piece, whole_word, row_of_two = equal(hashes), equal(word), equal(pair)
        soft = torch.bmm(vectors[:, query], vectors.transpose(1, 2)) * both

        length = there.sum(1, keepdim=True)
        counts = torch.stack([piece.sum(2), whole_word.sum(2), row_of_two.sum(2)], 2)
        share = torch.sigmoid(self.length_share)
        norm = 1 - share + share * (length / USUAL_LENGTH).unsqueeze(2)
        saturated = counts / (counts + F.softplus(self.saturation[:3]) * norm[:, :, :3] + TINY)
        pair_found, pair_worth = self.match_pairs(ids, query, there, norm[:, :, 3])
        pair_found, pair_worth = pair_found * asked, pair_worth * asked
        present = counts.clamp(max=1.0)
        kernels = [
            torch.log1p((torch.exp(-((soft - k) / KERNEL_WIDTH) ** 2 / 2) * both).sum(2)) for k in KERNELS
        ]
        closest = soft.amax(2)
        strength = torch.maximum(F.relu(soft - 0.3) / 0.7, 0.6 * piece)

        weight = asked * word_rarity[:, query] / pieces_in_word[:, query]
        rare_pieces = asked * piece_rarity[:, query]
        total = weight.sum(1, keepdim=True) + TINY
        covered, starts = [], None
        for size in WINDOWS:
            step = size // 2
            pooled = F.max_pool1d(F.pad(strength, (0, size)), size, step)
            worth = (pooled * weight.unsqueeze(2)).sum(1)
            later = torch.cumsum(torch.ones_like(worth), 1)
            starts = (worth - EARLIER * later).argmax(1, keepdim=True)
            at_best = pooled.gather(2, starts.unsqueeze(1).expand(-1, pooled.shape[1], -1))
            covered.append(at_best.squeeze(2))
        best = starts.squeeze(1) * (WINDOWS[-1] // 2)

        at = torch.cumsum(torch.ones_like(there), 1)
        begin = (at * (1 - there) * (there.cumsum(1) == 0).float()).amax(1, keepdim=True)
        early = torch.exp(-(at - begin).clamp(min=0) / 40.0).unsqueeze(1)
        first = (strength * early).amax(2)
        terms = torch.stack(
            [
                *saturated.unbind(2),
                *present.unbind(2),
                closest,
                *kernels,
                *covered,
                first,
                rare_pieces,
                weight,
                asked * word_rarity[:, query],
                asked / pieces_in_word[:, query],
                asked,
                pair_found,
                pair_worth,
            ],
            2,
        ) * asked.unsqueeze(2)
        tokens = torch.stack(
            [
                (piece * rare_pieces.unsqueeze(2)).amax(1),
                (whole_word * weight.unsqueeze(2)).amax(1),
                row_of_two.amax(1),
                F.relu(soft).amax(1),
                (strength * weight.unsqueeze(2)).sum(1) / total,
                piece_rarity * there,
                word_rarity * there,
                early.squeeze(1) * there,
            ],
            2,
        )
        bag = embedded * piece_rarity.unsqueeze(2)
        bags = [F.normalize((bag * part.unsqueeze(2)).sum(1), dim=1, eps=1e-4) for part in (parts.query.float(), there)]
        cosine = (bags[0] * bags[1]).sum(1, keepdim=True)
        asked_count = parts.query.float().sum(1, keepdim=True)
        pair_sum = pair_found.sum(1, keepdim=True)
        pair_share = pair_sum / (pair_worth.sum(1, keepdim=True) + TINY)
        whole = torch.cat([pair_sum, pair_share, cosine, torch.log1p(length) / 6, torch.log1p(asked_count) / 4], 1)
        return Found(terms, tokens, rare_pieces, weight, best, whole)
