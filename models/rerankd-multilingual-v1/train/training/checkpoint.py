"""Reads and writes checkpoints: all weights in one tensor, their names and shapes, and the optimizer's state."""

from __future__ import annotations

import math
import os
from pathlib import Path

import torch
from torch import Tensor, nn

from model.published import load_published
from model.reranker import Reranker, build


def flatten(model: nn.Module) -> tuple[Tensor, list[tuple[str, nn.Parameter, int]]]:
    """All parameters in one tensor, of which they become views; and where each begins."""
    parameters = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    flat = torch.empty(sum(p.numel() for _, p in parameters))
    places, at = [], 0
    for name, p in parameters:
        flat[at : at + p.numel()] = p.data.reshape(-1)
        places.append((name, p, at))
        at += p.numel()
    return flat, places


def described(places: list[tuple[str, nn.Parameter, int]]) -> list[tuple[str, tuple[int, ...], int]]:
    """What a checkpoint keeps of the places: name, shape and where it begins."""
    return [(name, tuple(p.shape), at) for name, p, at in places]


def save(folder: Path, depth: int, shared: dict[str, Tensor], places: list[tuple[str, nn.Parameter, int]]) -> None:
    """Writes the checkpoint in one move; the gradients are not kept."""
    state = {key: shared[key].clone() for key in ("weights", "average", "first", "second", "step")}
    torch.save({"depth": depth, "names": described(places), **state}, folder / "checkpoint.new")
    os.replace(folder / "checkpoint.new", folder / "checkpoint.pt")


def load(model: Reranker, checkpoint: Path, which: str = "average") -> int:
    """Fills a model with a checkpoint's averaged (or last) weights; returns its step."""
    saved = torch.load(checkpoint)
    state = {name: saved[which][at : at + math.prod(shape)].view(shape) for name, shape, at in saved["names"]}
    missing = model.load_state_dict(state, strict=False)
    if missing.missing_keys or missing.unexpected_keys:
        raise ValueError(f"{checkpoint} is of another model: {missing}")
    return int(saved["step"])


def begin(
    wheel: Path, tokenizer: Path, start: Path | None, depth: int, drop: set[int], which: str = "average"
) -> Reranker:
    """A model of `depth` layers with a checkpoint's averaged (or last) weights or those of a published .onnx, or
    untrained; then without the layers in `drop`."""
    model = build(wheel, tokenizer, depth)
    if start and start.suffix == ".onnx":
        load_published(model, start)
    elif start:
        load(model, start, which)
    model.encoder.layers = nn.ModuleList(layer for i, layer in enumerate(model.encoder.layers) if i not in drop)
    return model
