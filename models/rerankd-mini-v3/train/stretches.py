"""Looks at overlapping stretches of a document: how much of the query each holds, and what it is about.

Stretches of `size` tokens begin every `size // 2` positions of the padded row. Those that hold no token of the document
take no part, so a score does not depend on padding.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

# Of two equal stretches the first is taken, on every machine: a later one is worth so much less.
EARLIER = 1e-4


def best_of(values: Tensor, size: int) -> Tensor:
    """`[rows, any, length]` to `[rows, any, stretches]`: the largest value in each stretch, at least 0."""
    return F.max_pool1d(F.pad(values, (0, size)), size, size // 2)


def first_best(worth: Tensor) -> Tensor:
    """`[rows, stretches]` to `[rows, 1]`: the number of the first stretch that is worth most."""
    later = torch.cumsum(torch.ones_like(worth), 1)
    return (worth - EARLIER * later).argmax(1, keepdim=True)


def at(values: Tensor, number: Tensor) -> Tensor:
    """Of `[rows, any, stretches]` the stretch of each row that is numbered `[rows, 1]`, `[rows, any]`."""
    return values.gather(2, number.unsqueeze(1).expand(-1, values.shape[1], -1)).squeeze(2)


@dataclass
class Topics:
    """`units` [rows, hidden, stretches]: what each stretch is about, a vector of length 1;
    `some` [rows, stretches]: 1 where it holds a token of the document."""

    units: Tensor
    some: Tensor

    def near(self, wanted: Tensor) -> Tensor:
        """Cosines `[rows, stretches]` with `wanted` [rows, hidden], itself of length 1."""
        return (wanted.unsqueeze(2) * self.units).sum(1)

    def peak(self, values: Tensor) -> Tensor:
        """The largest of `[rows, stretches]` or `[rows, any, stretches]` over stretches that hold something."""
        some = self.some if values.dim() == 2 else self.some.unsqueeze(1)
        return (values * some - 2 * (1 - some)).amax(values.dim() - 1)

    def mean(self, values: Tensor) -> Tensor:
        """The mean of `[rows, stretches]` over stretches that hold something."""
        return (values * self.some).sum(1) / self.some.sum(1).clamp(min=1)


def topics(given: Tensor, there: Tensor, size: int) -> Topics:
    """`given` [rows, length, hidden]: weighted vectors of the document's tokens, `there` [rows, length] marks them."""
    summed = F.avg_pool1d(F.pad(given.transpose(1, 2), (0, size)), size, size // 2)
    some = best_of(there.unsqueeze(1), size).squeeze(1)
    return Topics(unit(summed), some)


def unit(values: Tensor) -> Tensor:
    """Vectors `[rows, hidden]` or `[rows, hidden, any]` of length 1, or 0 where there is nothing."""
    return F.normalize(values, dim=1, eps=1e-4)
