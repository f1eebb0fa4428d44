"""Reads the weights of an exported int8 graph back, so that training can go on from the published model.

What the int8 graph rounds stays rounded; what it holds in 16 bits is widened. The head and the norms keep their names
in the graph; the encoder's products are numbered, four a layer; the two matrices of the matches are known by their
shapes.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from model.matching import PAIR_FEATURES, TOKEN_FEATURES
from model.reranker import Reranker

PRODUCTS = ("qkv", "out", "up", "down")
_PREFIX, _NARROW = "model.", "_narrow"


def weights_of(graph: Path) -> dict[str, Tensor]:
    """The state of a `Reranker` without its frozen pieces, by name."""
    values = {i.name.removesuffix(_NARROW): numpy_helper.to_array(i) for i in onnx.load(graph).graph.initializer}
    state = {
        name.removeprefix(_PREFIX): array
        for name, array in values.items()
        if name.startswith(_PREFIX) and array.dtype.kind == "f"
    }
    for array in values.values():
        if array.shape == (1 + 2 * TOKEN_FEATURES, state["encoder.norm.weight"].shape[0]):
            state["document"], state["matched"] = array[0], array[1:]
        if array.shape == (PAIR_FEATURES, 1):
            state["direct.weight"] = array.T
    for number in range(sum(name.endswith("_weights") for name in values)):
        stem = f"product{number}"
        weight = (values[f"{stem}_weights"].astype(np.float32) * values[f"{stem}_scales"]).T
        name = f"encoder.layers.{number // len(PRODUCTS)}.{PRODUCTS[number % len(PRODUCTS)]}"
        state[f"{name}.weight"], state[f"{name}.bias"] = weight, values[f"{stem}_bias"]
    return {name: torch.from_numpy(np.array(array, np.float32)) for name, array in state.items()}


def load_published(model: Reranker, graph: Path) -> None:
    """Fills a model with a published graph's weights. Raises `ValueError` if the graph is of another shape."""
    state = weights_of(graph)
    layers = sum(name.endswith("qkv.weight") for name in state)
    if layers != len(model.encoder.layers):
        raise ValueError(f"{graph} has {layers} layers, the model {len(model.encoder.layers)}: give --depth {layers}")
    for i, layer in enumerate(model.encoder.layers):
        hidden = layer.out.weight.shape[0]
        for part in ("weight", "bias"):
            # The exported graph has the scale of the dot products in the query's weights.
            state[f"encoder.layers.{i}.qkv.{part}"][:hidden] *= math.sqrt(hidden // layer.heads)
    missing = model.load_state_dict(state, strict=False)
    if missing.missing_keys or missing.unexpected_keys:
        raise ValueError(f"{graph} is of another model: {missing}")
