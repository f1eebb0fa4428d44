"""Compares a query with a document and describes what was found.

Every query token is compared with every document token. Five comparisons are exact: pieces, words, two and three
pieces in a row, and in Chinese, Japanese and Korean two characters in a row. One is soft: the cosine of the two words'
embeddings, which is 1 for equal words and high for words that share pieces or meaning. Besides, the query as a whole,
and what of it the document does not say, is compared with the whole document and with stretches of it, as sums of
weighted embeddings.
All of it is computed from token ids; lengths below are those of the padded batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import Parts, Words
from settings import Settings
from stretches import at, best_of, first_best, topics, unit
from tables import PAIR_FACTOR, SPECIAL, Tables, buckets_of

KERNELS = (0.35, 0.5, 0.65, 0.8, 0.95)
KERNEL_WIDTH = 0.1
# Sizes of the stretches in which found tokens are counted, and of those whose topic is compared.
WINDOWS = (12, 48)
TOPIC_WINDOWS = (24, 64)
OPENING_TOKENS = 24
USUAL_LENGTH = 200.0
RARITY_SCALE = 10.0
TERM_FEATURES = 28
WHOLE_FEATURES = 15
TINY = 1e-6
# Rows of the saturation and length parameters: pieces, words, two and three in a row; and character pairs.
EXACT, PAIRS = slice(0, 4), 4


@dataclass
class Found:
    """What the comparison found.

    `terms` [rows, query, TERM_FEATURES] describes each query token; `piece_weight` and `word_weight` [rows, query] say
    how rare it is, 0 outside the query; `whole` [rows, WHOLE_FEATURES] describes the pair: found character pairs, log
    lengths, and how near the query is to the document and its stretches.
    """

    terms: Tensor
    piece_weight: Tensor
    word_weight: Tensor
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
        self.saturation = nn.Parameter(torch.full((5,), 0.2))
        self.length_share = nn.Parameter(torch.full((5,), 0.5))

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
        found = tally / (tally + F.softplus(self.saturation[PAIRS]) * norm.unsqueeze(2) + TINY)
        return (worth * found).sum(2), worth.sum(2)

    def forward(self, ids: Tensor, kinds: Tensor, parts: Parts, words: Words, embedded: Tensor) -> Found:
        """`ids` [rows, length], `kinds` [rows, length, 3], `embedded` [rows, length, size]."""
        real = 1 - kinds[:, :, SPECIAL]
        hashes = self.hashes[ids].long()
        word = words.sums(hashes)
        pieces_in_word = words.sums(real).clamp(min=1)
        piece_rarity = self.piece_rarity[ids].squeeze(2) / RARITY_SCALE
        word_rarity = self.hashed_rarities(self.word_rarity, word)
        vectors = F.normalize(words.sums(embedded), dim=2, eps=1e-4)

        query = slice(1, 1 + parts.query.sum(1).max().clamp(1, self.limit))
        asked = (parts.query * real)[:, query]
        there = parts.document * real
        both = asked.unsqueeze(2) * there.unsqueeze(1)

        def equal(values: Tensor) -> Tensor:
            wanted = torch.where((asked > 0) & (values[:, query] >= 0), values[:, query], -2)
            given = torch.where(there > 0, values, -1)
            return (wanted.unsqueeze(2) == given.unsqueeze(1)).float()

        exact = [equal(values) for values in (hashes, word, *runs(hashes))]
        soft = torch.bmm(vectors[:, query], vectors.transpose(1, 2)) * both
        length = there.sum(1, keepdim=True)
        counts = torch.stack([same.sum(2) for same in exact], 2)
        share = torch.sigmoid(self.length_share)
        norm = 1 - share + share * (length / USUAL_LENGTH).unsqueeze(2)
        saturated = counts / (counts + F.softplus(self.saturation[EXACT]) * norm[:, :, EXACT] + TINY)
        pair_found, pair_worth = self.match_pairs(ids, query, there, norm[:, :, PAIRS])
        pair_found, pair_worth = pair_found * asked, pair_worth * asked
        present = counts.clamp(max=1.0)
        kernels = [
            torch.log1p((torch.exp(-((soft - k) / KERNEL_WIDTH) ** 2 / 2) * both).sum(2)) for k in KERNELS
        ]
        strength = torch.maximum(F.relu(soft - 0.3) / 0.7, 0.6 * exact[0])
        word_weight = asked * word_rarity[:, query] / pieces_in_word[:, query]
        piece_weight = asked * piece_rarity[:, query]

        total = word_weight.sum(1, keepdim=True) + TINY
        covered, shares = [], []
        for size in WINDOWS:
            pooled = best_of(strength, size)
            worth = (pooled * word_weight.unsqueeze(2)).sum(1)
            best = first_best(worth)
            covered.append(at(pooled, best))
            shares.append(worth / total)

        position = torch.cumsum(torch.ones_like(there), 1)
        begin = (position * (1 - there) * (there.cumsum(1) == 0).float()).amax(1, keepdim=True)
        since = (position - begin).clamp(min=0)
        first = (strength * torch.exp(-since / 40.0).unsqueeze(1)).amax(2)
        given = Given(embedded * (piece_rarity * there).unsqueeze(2), there, since, shares, best)
        similar, about = compare_topics(embedded[:, query], piece_weight, present[:, :, 0], given)
        rank = torch.cumsum(asked, 1) - 1
        last = asked.sum(1, keepdim=True) - 1
        terms = torch.stack(
            [
                *saturated.unbind(2),
                *present.unbind(2),
                soft.amax(2),
                *kernels,
                *covered,
                first,
                piece_weight,
                word_weight,
                asked * word_rarity[:, query],
                asked / pieces_in_word[:, query],
                asked,
                pair_found,
                pair_worth,
                torch.exp(-rank / 2),
                torch.exp(-(last - rank) / 2),
                *about,
            ],
            2,
        ) * asked.unsqueeze(2)
        asked_count = parts.query.float().sum(1, keepdim=True)
        pair_sum = pair_found.sum(1, keepdim=True)
        pair_share = pair_sum / (pair_worth.sum(1, keepdim=True) + TINY)
        lengths = [torch.log1p(length) / 6, torch.log1p(asked_count) / 4]
        whole = torch.cat([pair_sum, pair_share, *lengths, torch.stack(similar, 1)], 1)
        return Found(terms, piece_weight, word_weight, whole)


@dataclass
class Given:
    """A document as far as it has a topic: `vectors` [rows, length, size] of its tokens by their worth, `there`
    [rows, length] marks them, `since` [rows, length] counts them; `shares` of the query that its stretches hold, a
    [rows, stretches] for each of WINDOWS, and `best` [rows, 1], the last one's best stretch."""

    vectors: Tensor
    there: Tensor
    since: Tensor
    shares: list[Tensor]
    best: Tensor


def compare_topics(asked: Tensor, weight: Tensor, present: Tensor, given: Given) -> tuple[list[Tensor], list[Tensor]]:
    """How near the query is to the document and its stretches: numbers `[rows]` for the whole query, and
    `[rows, query]` for each of its tokens.

    `asked` [rows, query, size] are their embeddings, `weight` [rows, query] says how much they are worth, and `present`
    whether the document has them."""
    weighted = asked * weight.unsqueeze(2)
    wanted = unit(weighted.sum(1))
    missing = unit((weighted * (1 - present).unsqueeze(2)).sum(1))
    document = unit(given.vectors.sum(1))
    opening = unit((given.vectors * (given.since <= OPENING_TOKENS).float().unsqueeze(2)).sum(1))
    small, large = (topics(given.vectors, given.there, size) for size in TOPIC_WINDOWS)
    near_large = large.near(wanted)
    similar = [
        (wanted * document).sum(1),
        (missing * document).sum(1),
        (wanted * opening).sum(1),
        small.peak(small.near(wanted)),
        large.peak(near_large),
        large.peak(large.near(missing)),
        large.mean(near_large),
    ]
    for size, share in zip(WINDOWS, given.shares, strict=True):
        topic = topics(given.vectors, given.there, size)
        similar.append(topic.peak(topic.near(wanted) + share))
    similar += [topic.mean(share), (missing * at(topic.units, given.best)).sum(1)]
    single = F.normalize(asked, dim=2, eps=1e-4)
    near = torch.bmm(single, document.unsqueeze(2)).squeeze(2)
    return similar, [near, small.peak(torch.bmm(single, small.units))]


def runs(hashes: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers for each two, and each three pieces in a row that begin at a position, -1 where there are none."""
    second, third = (F.pad(hashes[:, n:], (0, n)) for n in (1, 2))
    two = hashes * 3 + second * 5
    return torch.where(second > 0, two, -1), torch.where((second > 0) & (third > 0), two + third * 7, -1)
