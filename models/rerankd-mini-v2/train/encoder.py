"""A small transformer over the query and the stretch of the document that matches it best."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from parts import Parts
from settings import Settings


def condense(parts: Parts, best: Tensor, mask: Tensor, settings: Settings) -> Tensor:
    """The positions to read, `[rows, at most window]`.

    Kept are the start of the query, the start of the document, and the document from `best` on. A pair that
    fits is kept as it is.
    """
    upto = torch.cumsum(torch.ones_like(mask), 1)[:, : settings.window] - 1
    asked = parts.query.sum(1, keepdim=True)
    length = mask.sum(1, keepdim=True)
    cut = (asked - settings.window_query).clamp(min=0)
    cut = torch.minimum(cut, (length - settings.window).clamp(min=0))
    begin = asked - cut + 3 + settings.window_head
    ahead = best.unsqueeze(1) - (begin + cut)
    skip = torch.minimum(ahead.clamp(min=0), (length - cut - settings.window).clamp(min=0))
    moved = upto + cut * (upto > asked - cut).long() + skip * (upto >= begin).long()
    return torch.minimum(moved, torch.ones_like(moved) * (mask.shape[1] - 1))


class Layer(nn.Module):
    """Self-attention and a feed-forward part, each normalised before."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        size = settings.hidden
        self.heads = settings.heads
        self.before_attention = nn.LayerNorm(size)
        self.project = nn.Linear(size, 3 * size)
        self.mix = nn.Linear(size, size)
        self.before_feed = nn.LayerNorm(size)
        self.widen = nn.Linear(size, settings.feed_forward)
        self.narrow = nn.Linear(settings.feed_forward, size)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """`x` [rows, length, hidden]; `bias` [rows, 1, 1, length] is added to attention scores."""
        rows, length, size = x.shape
        heads = self.project(self.before_attention(x)).view(rows, length, 3, self.heads, size // self.heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        x = x + self.mix(read.transpose(1, 2).reshape(rows, length, size))
        return x + self.narrow(F.relu(self.widen(self.before_feed(x))))


class Encoder(nn.Module):
    """Layers over token, position and match embeddings; returns a summary of the pair."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        size = settings.hidden
        self.settings = settings
        self.positions = nn.Parameter(torch.randn(3, settings.window, size) * 0.02)
        self.layers = nn.ModuleList(Layer(settings) for _ in range(settings.layers))
        self.last = nn.LayerNorm(size)

    def forward(self, x: Tensor, query: Tensor, document: Tensor, mask: Tensor) -> Tensor:
        """`x` [rows, length, hidden] and masks [rows, length] to [rows, 2 * hidden]."""
        length = x.shape[1]
        places = self.positions[:, :length]
        in_query, in_document = query.unsqueeze(2), document.unsqueeze(2)
        x = x + places[0] + in_query * places[1] + in_document * places[2]
        bias = ((1 - mask) * -30000.0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, bias)
        x = self.last(x)
        mean = (x * in_document).sum(1) / document.sum(1, keepdim=True).clamp(min=1)
        return torch.cat([x[:, 0], mean], 1)
