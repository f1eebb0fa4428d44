"""Splits a row of token ids into query and document, and finds the words in it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from settings import END, START
from tables import ENDS_WORD, STARTS_WORD

# A longer word is cut into parts of about so many pieces.
LONGEST_WORD = 16
# Over any position: turns the nearest position ahead into the largest number.
FARTHEST = 1 << 17


@dataclass
class Parts:
    """Masks `[rows, length]`: of query tokens, and of document tokens."""

    query: Tensor
    document: Tensor


def split(ids: Tensor, mask: Tensor) -> Parts:
    """The parts of `<s> query </s></s> document </s>`; either may be empty."""
    ends = ids == END
    passed = torch.cumsum(ends.long(), 1)
    inner = (mask > 0) & ~ends & (ids != START)
    return Parts(inner & (passed == 0), inner & (passed >= 2))


@dataclass
class Words:
    """Per token the positions of its word's first and last piece, `[rows, length]` int64."""

    first: Tensor
    last: Tensor

    def sums(self, values: Tensor) -> Tensor:
        """Per token the sum of `values` `[rows, length]` or `[rows, length, size]` over its word."""
        upto = torch.cumsum(values, 1)
        before = upto - values
        first, last = self.first, self.last
        if values.dim() == 3:
            first = first.unsqueeze(2).expand(-1, -1, values.shape[2])
            last = last.unsqueeze(2).expand(-1, -1, values.shape[2])
        return upto.gather(1, last) - before.gather(1, first)


def find_words(kinds: Tensor) -> Words:
    """Words from the pieces' kinds `[rows, length, 3]`."""
    after_end = F.pad(kinds[:, :-1, ENDS_WORD], (1, 0), value=1.0)
    start = torch.maximum(kinds[:, :, STARTS_WORD], after_end)
    at = torch.cumsum(torch.ones_like(start), 1)
    reach = LONGEST_WORD - 1
    back = F.max_pool1d(F.pad((start * at).unsqueeze(1), (reach, 0)), LONGEST_WORD, 1).squeeze(1)
    first = torch.maximum(back, at - reach)
    ahead = start * (FARTHEST - at)
    ahead = F.max_pool1d(F.pad(ahead[:, 1:].unsqueeze(1), (0, reach + 1)), LONGEST_WORD, 1).squeeze(1)
    next_start = torch.where(ahead > 0, FARTHEST - ahead, at + reach)
    count = at[:, -1:]
    last = torch.minimum(torch.minimum(next_start - 1, at + reach), count)
    return Words(first.long() - 1, last.long() - 1)
