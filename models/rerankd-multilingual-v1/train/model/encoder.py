"""The encoder of multilingual-e5-small, for training on a CPU: rows are laid end to end without padding.

Weights are kept in fp32 and computed with in bf16, which processors with AMX do several times as fast. Only attention
knows rows; it takes them in groups of like length.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.e5 import E5

# Rows that attend together: at most so many, none shorter than a share of the longest, to which they are padded.
GROUP = 12
SHORTEST = 0.87
DTYPE = torch.bfloat16


class Rows:
    """A batch of rows, the longest first, laid end to end in groups; a group's rows are padded to its longest.

    `index` [tokens] takes each place of the layout from the rows laid end to end without padding, `there` [tokens]
    tells which places hold a token, `starts` [rows] where a row begins.
    """

    def __init__(self, lengths: list[int]) -> None:
        self.lengths = lengths
        self.sizes: list[int] = []
        self.groups: list[tuple[int, int, Tensor | None]] = []
        positions, there, starts = [], [], []
        at = first = 0
        while first < len(lengths):
            longest = lengths[first]
            part = torch.tensor([n for n in lengths[first : first + GROUP] if n >= longest * SHORTEST])
            first += len(part)
            span = torch.arange(longest)
            inside = span[None] < part[:, None]
            mask = None
            if not bool(inside.all()):
                mask = torch.zeros(len(part), 1, 1, longest, dtype=DTYPE).masked_fill(~inside[:, None, None, :], -1e4)
            self.groups.append((len(part), longest, mask))
            self.sizes.append(len(part) * longest)
            positions.append(span.repeat(len(part)))
            there.append(inside.reshape(-1))
            starts.append(at + torch.arange(len(part)) * longest)
            at += len(part) * longest
        self.total = at
        self.positions = torch.cat(positions)
        self.there = torch.cat(there)
        self.starts = torch.cat(starts)

    def lay(self, rows: list[list[int]], pad: int) -> Tensor:
        """Ids of the rows in this layout [tokens]."""
        ids = torch.full((self.total,), pad)
        ids[self.there] = torch.tensor([i for row in rows for i in row])
        return ids


class Rounded(torch.autograd.Function):
    """Values rounded to 256 steps of a range, as the int8 graph will; gradients pass where the range is not left."""

    @staticmethod
    def forward(ctx, x: Tensor, low: float, high: float) -> Tensor:
        scale = (high - low) / 255
        ctx.save_for_backward((x >= low) & (x <= high))
        return (x.clamp(low, high) / scale).round_().mul_(scale)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        (inside,) = ctx.saved_tensors
        return gradient * inside, None, None


def rounded_weights(weight: Tensor) -> Tensor:
    """A matrix rounded to at most 255 steps a row, as `quantize.columns` does; gradients pass."""
    pairs = weight.detach().abs().unflatten(1, (-1, 2)).sum(2)
    scale = pairs.amax(1, keepdim=True).clamp(min=1e-8) / 127
    return weight + ((weight.detach() / scale).round_() * scale - weight.detach())


class Layer(nn.Module):
    """One post-norm transformer layer, its query, key and value in one matrix.

    With `ranges`, a low and a high bound for the inputs of its four matrices, it computes as the int8 graph does.
    """

    def __init__(self, hidden: int, heads: int, wide: int, epsilon: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.norm_attention = nn.LayerNorm(hidden, eps=epsilon)
        self.up = nn.Linear(hidden, wide)
        self.down = nn.Linear(wide, hidden)
        self.norm_feed_forward = nn.LayerNorm(hidden, eps=epsilon)
        self.ranges: list[tuple[float, float]] | None = None

    def product(self, number: int, x: Tensor, layer: nn.Linear) -> Tensor:
        if self.ranges is None:
            return linear(x, layer)
        x = Rounded.apply(x, *self.ranges[number])
        return F.linear(x, rounded_weights(layer.weight).to(DTYPE), layer.bias.to(DTYPE))

    def attend(self, x: Tensor, rows: Rows) -> Tensor:
        """`x` [tokens, hidden] to the attention's output of the same shape."""
        outputs = []
        for part, (n, longest, mask) in zip(self.product(0, x, self.qkv).split(rows.sizes), rows.groups, strict=True):
            q, k, v = part.view(n, longest, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            # Scaled dot products by hand: PyTorch's fused one takes ten times as long backwards in bf16 (measured).
            weights = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
            weights = torch.softmax(weights if mask is None else weights + mask, 3)
            outputs.append((weights @ v).transpose(1, 2).reshape(n * longest, -1))
        return self.product(1, torch.cat(outputs), self.out)

    def forward(self, x: Tensor, rows: Rows) -> Tensor:
        x = norm(x + self.attend(x, rows), self.norm_attention)
        return norm(x + self.product(3, F.gelu(self.product(2, x, self.up)), self.down), self.norm_feed_forward)


def linear(x: Tensor, layer: nn.Linear) -> Tensor:
    return F.linear(x, layer.weight.to(DTYPE), layer.bias.to(DTYPE))


def norm(x: Tensor, layer: nn.LayerNorm) -> Tensor:
    return F.layer_norm(x, layer.normalized_shape, layer.weight.to(DTYPE), layer.bias.to(DTYPE), layer.eps)


class Encoder(nn.Module):
    """Embeddings (frozen pieces) and the first `depth` layers of the file."""

    def __init__(self, e5: E5, depth: int) -> None:
        super().__init__()
        sizes = e5.sizes
        hidden, wide = sizes.hidden, sizes.feed_forward
        pieces = torch.from_numpy(e5.get("emb.word", sizes.vocabulary, hidden)).to(DTYPE)
        self.register_buffer("pieces", pieces, persistent=False)
        place = e5.get("emb.pos", sizes.positions, hidden) + e5.get("emb.type", -1, hidden)[:1]
        self.places = nn.Parameter(torch.from_numpy(place))
        self.norm = nn.LayerNorm(hidden, eps=sizes.epsilon)
        self.layers = nn.ModuleList(Layer(hidden, sizes.heads, wide, sizes.epsilon) for _ in range(depth))
        load(self, e5, depth)

    def forward(self, ids: Tensor, rows: Rows) -> Tensor:
        """`ids` [tokens] in the layout of `rows`; the last layer's output [tokens, hidden] in bf16."""
        x = F.embedding(ids, self.pieces) + F.embedding(rows.positions, self.places).to(DTYPE)
        x = norm(x, self.norm)
        for layer in self.layers:
            x = layer(x, rows)
        return x


def load(encoder: Encoder, e5: E5, depth: int) -> None:
    """Fills the encoder with the file's weights."""
    hidden, wide = e5.sizes.hidden, e5.sizes.feed_forward

    def fill(parameter: nn.Parameter, values) -> None:
        parameter.data.copy_(torch.from_numpy(values))

    def fill_norm(layer: nn.LayerNorm, name: str) -> None:
        fill(layer.weight, e5.get(f"{name}.w", hidden))
        fill(layer.bias, e5.get(f"{name}.b", hidden))

    fill_norm(encoder.norm, "emb.ln")
    for i in range(depth):
        layer = encoder.layers[i]
        for part, name in enumerate("qkv"):
            span = slice(part * hidden, (part + 1) * hidden)
            layer.qkv.weight.data[span] = torch.from_numpy(e5.get(f"l{i}.{name}.w", hidden, hidden))
            layer.qkv.bias.data[span] = torch.from_numpy(e5.get(f"l{i}.{name}.b", hidden))
        for linear_layer, name, rows, columns in (
            (layer.out, "ao", hidden, hidden),
            (layer.up, "fi", wide, hidden),
            (layer.down, "fo", hidden, wide),
        ):
            fill(linear_layer.weight, e5.get(f"l{i}.{name}.w", rows, columns))
            fill(linear_layer.bias, e5.get(f"l{i}.{name}.b", rows))
        fill_norm(layer.norm_attention, f"l{i}.aln")
        fill_norm(layer.norm_feed_forward, f"l{i}.oln")
