"""Makes the torch model from `onnx/model.onnx`, whose initializers are all of its weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from model import Reranker
from settings import Settings
from tables import INNER_PAIRS, Tables


def empty_tables(settings: Settings) -> Tables:
    """Tables of the right shapes, to be filled from the stored weights."""
    return Tables(
        np.zeros(settings.vocab, np.int64),
        np.zeros((settings.vocab, 3), np.float32),
        np.zeros((settings.vocab, 2 + INNER_PAIRS), np.int64),
        np.zeros(settings.vocab, np.float32),
        np.zeros((2, settings.word_buckets), np.float32),
        np.zeros((2, settings.word_buckets), np.float32),
    )


def restore(folder: Path) -> Reranker:
    """The reranker of a model folder, in fp32, ready to score."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    settings = Settings(
        vocab=config["vocab_size"],
        hidden=config["hidden_size"],
        members=config["head_members"],
        term_hidden=config["head_term_size"],
        deep_hidden=config["head_size"],
    )
    model = Reranker(settings, empty_tables(settings))
    graph = onnx.load(folder / "onnx" / "model.onnx").graph
    stored = {t.name.removesuffix("_narrow"): numpy_helper.to_array(t) for t in graph.initializer}
    for node in graph.node:
        # The exporter stores equal weights once, and gives the second one its name by a copy.
        if node.op_type == "Identity" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
    state = {
        name: torch.from_numpy(stored[name].copy()).to(tensor.dtype).reshape(tensor.shape)
        for name, tensor in model.state_dict().items()
    }
    model.load_state_dict(state)
    return model.eval()
