"""The trained reranker as one module for ONNX: a padded batch of ids and mask in, logits out, all in fp32.

The vocabulary is a subset of the tokenizer's; `keep` gives the old id of each new one. Embeddings stay in the 4 bits in
which they came.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.encoder import Layer
from model.matching import Matcher
from model.reranker import Reranker


class Embeddings(torch.autograd.Function):
    """Looks up rows of a 4-bit matrix. Exported as `com.microsoft::GatherBlockQuantized`."""

    @staticmethod
    def forward(ctx, ids: Tensor, packed: Tensor, scales: Tensor) -> Tensor:
        low, high = packed & 15, packed >> 4
        halves = torch.stack([low, high], 2).reshape(packed.shape[0], -1).float() - 8
        size = halves.shape[1] // scales.shape[1]
        return F.embedding(ids, halves * scales.repeat_interleave(size, 1))

    @staticmethod
    def symbolic(g, ids, packed, scales):
        block = 32
        return g.op(
            "com.microsoft::GatherBlockQuantized",
            packed,
            ids,
            scales,
            gather_axis_i=0,
            quantize_axis_i=1,
            block_size_i=block,
            bits_i=4,
        )


def attend(layer: Layer, x: Tensor, mask: Tensor) -> Tensor:
    """Attention of `x` [rows, length, hidden]; `mask` [rows, 1, 1, length] is added to the weights."""
    rows, _, hidden = x.shape
    size = hidden // layer.heads
    q, k, v = layer.qkv(x).chunk(3, 2)
    q = q.reshape(rows, -1, layer.heads, size).transpose(1, 2)
    k = k.reshape(rows, -1, layer.heads, size).permute(0, 2, 3, 1)
    v = v.reshape(rows, -1, layer.heads, size).transpose(1, 2)
    weights = torch.softmax(q @ k + mask, 3)
    return layer.out((weights @ v).transpose(1, 2).reshape(rows, -1, hidden))


class Graph(nn.Module):
    """What is exported. Takes over (and changes) the reranker's modules."""

    def __init__(self, model: Reranker, packed: np.ndarray, scales: np.ndarray, matcher: Matcher) -> None:
        super().__init__()
        encoder = model.encoder
        self.model = model
        self.matcher = matcher
        model.matcher = matcher
        self.register_buffer("packed", torch.from_numpy(packed))
        self.register_buffer("scales", torch.from_numpy(scales))
        for layer in encoder.layers:
            # The scale of the dot products, moved into the query's weights.
            hidden = layer.out.weight.shape[0]
            factor = 1 / math.sqrt(hidden // layer.heads)
            layer.qkv.weight.data[:hidden] *= factor
            layer.qkv.bias.data[:hidden] *= factor

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """`[rows, length]` int64 ids and mask to `[rows, 1]` logits."""
        model, encoder = self.model, self.model.encoder
        described, pair = model.describe(input_ids, attention_mask)
        x = Embeddings.apply(input_ids, self.packed, self.scales)
        x = x + encoder.places[: input_ids.shape[1]]
        x = encoder.norm(x + model.added(described))
        real = attention_mask.to(x.dtype)
        mask = ((1 - real) * -1e4)[:, None, None, :]
        for layer in encoder.layers:
            x = layer.norm_attention(x + attend(layer, x, mask))
            x = layer.norm_feed_forward(x + layer.down(F.gelu(layer.up(x))))
        mean = (x * real.unsqueeze(2)).sum(1) / real.sum(1, keepdim=True)
        return model.judge(x[:, 0], mean, pair).unsqueeze(1)
