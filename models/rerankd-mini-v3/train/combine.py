"""Turns what the comparison found into a logit: a linear layer, and a small network beside it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from matching import TERM_FEATURES, WHOLE_FEATURES, Found
from settings import Settings

POOLED = 4 * TERM_FEATURES + WHOLE_FEATURES
START_SCALE = 8.0
# How far from the mean a summary goes into the network and into the linear layer, in standard deviations.
BOUND = 4.0
LINEAR_BOUND = 8.0
# A summary that spreads less is constant but for rounding, which is not to be magnified.
LEAST_SPREAD = 0.01


def pool(found: Found) -> tuple[Tensor, list[Tensor]]:
    """Sums and means over the query tokens, `[rows, POOLED]`, and the shares the means are taken with."""
    sums, shares = [], []
    for weight in (found.word_weight, found.piece_weight):
        share = weight / (weight.sum(1, keepdim=True) + 1e-6)
        shares.append(share)
        sums.append((found.terms * weight.unsqueeze(2)).sum(1))
        sums.append((found.terms * share.unsqueeze(2)).sum(1))
    return torch.cat([*sums, found.whole], 1), shares


class Head(nn.Module):
    """One linear layer and one network. Untrained, it is BM25 over pieces, words and character pairs."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        term, deep = settings.term_hidden, settings.deep_hidden
        self.drop = settings.drop
        self.register_buffer("centre", torch.zeros(POOLED))
        self.register_buffer("spread", torch.ones(POOLED))
        self.linear = nn.Linear(POOLED, 1)
        self.term_in = nn.Linear(TERM_FEATURES, term)
        self.term_out = nn.Linear(term, term)
        self.deep_in = nn.Linear(2 * term + POOLED, deep)
        self.deep_out = nn.Linear(deep, 1)
        with torch.no_grad():
            self.linear.weight.zero_()
            self.linear.bias.fill_(-3.0)
            self.linear.weight[0, 2 * TERM_FEATURES] = START_SCALE * 0.3
            self.linear.weight[0, 1] = START_SCALE * 0.5
            self.linear.weight[0, 4 * TERM_FEATURES] = START_SCALE * 0.5
            self.deep_out.weight.zero_()
            self.deep_out.bias.zero_()

    def standardise(self, pooled: Tensor) -> None:
        """Sets centre and spread to those of `pooled`, and changes the linear layer so that it gives the same."""
        with torch.no_grad():
            centre, spread = pooled.mean(0), pooled.std(0)
            spread[spread < LEAST_SPREAD] = 1.0
            self.linear.bias += (self.linear.weight * centre).sum()
            self.linear.weight *= spread
            self.centre.copy_(centre)
            self.spread.copy_(spread)

    def forward(self, found: Found) -> Tensor:
        """Logits `[rows, 1]`."""
        pooled, shares = pool(found)
        pooled = (pooled - self.centre) / self.spread
        hidden = F.relu(self.term_out(F.relu(self.term_in(found.terms))))
        means = [(hidden * share.unsqueeze(2)).sum(1) for share in shares]
        read = torch.cat([pooled.clamp(-BOUND, BOUND), *means], 1)
        read = F.dropout(read, self.drop, self.training)
        state = F.dropout(F.relu(self.deep_in(read)), self.drop, self.training)
        return self.linear(pooled.clamp(-LINEAR_BOUND, LINEAR_BOUND)) + self.deep_out(state)
