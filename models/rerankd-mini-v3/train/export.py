"""Writes the model folder from a training checkpoint.

All weights are rounded to fp16 first. `onnx/model.onnx` holds them as fp16 initializers that are cast on loading
and computes in fp32; `train/restore.py` makes the torch model from it again. `onnx/model_quantized.onnx` stores
embeddings as int8 with one scale a piece; all that is computed stays in fp32.
"""

from __future__ import annotations

import argparse
import copy
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from model import Reranker, load
from settings import MAX_TOKENS, PAD, Settings

OPSET = 17
LARGE = 1024
# Ends the name of an initializer that is stored in half its size.
NARROW = "_narrow"
INT8_RANGE = 127.0


class ByteEmbedding(nn.Module):
    """An embedding in int8 with one scale a row."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-8) / INT8_RANGE
        scale = scale.half().float()
        self.register_buffer("weight", torch.round(weight / scale).clamp(-127, 127).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """`[rows, length]` to `[rows, length, size]`."""
        return self.weight[ids].float() * self.scale[ids]


def load_rounded(folder: Path, tables: Path, checkpoint: Path) -> Reranker:
    """The trained model with its weights rounded to fp16, in fp32."""
    model = load(folder, tables, checkpoint)
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())
    return model


def export_graph(model: nn.Module, path: Path, fold: bool) -> None:
    """An fp32 graph with free batch and length. Unfolded, its initializers keep the weights' names and shapes."""
    row = [0, 9, 9, 2, 2, 9, 9, 9, 2, PAD]
    ids = torch.tensor([row, row])
    free = {0: "batch", 1: "length"}
    torch.onnx.export(
        model,
        (ids, (ids != PAD).long()),
        path,
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": free, "attention_mask": free, "logits": {0: "batch"}},
        opset_version=OPSET,
        do_constant_folding=fold,
        dynamo=False,
    )


def narrow(values: np.ndarray) -> np.ndarray | None:
    """The values in half their size where that loses nothing: float32 as float16, int64 as uint32."""
    if values.size < LARGE:
        return None
    if values.dtype == np.int64 and values.min() >= 0:
        small = values.astype(np.uint32)
    elif values.dtype == np.float32:
        small = values.astype(np.float16)
    else:
        return None
    return small if np.array_equal(small.astype(values.dtype), values) else None


def store_narrow(source: Path, target: Path) -> None:
    """Stores large initializers in half their size, each followed by a cast back."""
    graph_model = onnx.load(source)
    graph = graph_model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        small = narrow(numpy_helper.to_array(tensor))
        if small is None:
            kept.append(tensor)
            continue
        stored = f"{tensor.name}{NARROW}"
        kept.append(numpy_helper.from_array(small, stored))
        casts.append(helper.make_node("Cast", [stored], [tensor.name], to=tensor.data_type))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)
    onnx.checker.check_model(graph_model)
    onnx.save(graph_model, target)


def write_config(settings: Settings, folder: Path) -> None:
    content = {
        "architectures": ["RerankdMini"],
        "model_type": "rerankd-mini",
        "vocab_size": settings.vocab,
        "hidden_size": settings.hidden,
        "head_members": settings.members,
        "head_term_size": settings.term_hidden,
        "head_size": settings.deep_hidden,
        "max_position_embeddings": MAX_TOKENS,
        "bos_token_id": 0,
        "pad_token_id": PAD,
        "eos_token_id": 2,
        "id2label": {"0": "relevance"},
        "label2id": {"relevance": 0},
        "license": "cc-by-sa-4.0",
    }
    (folder / "config.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("heads.pt"))
    parser.add_argument("--tables", type=Path, default=Path("tables.pickle"))
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--out", type=Path, help="where to write; default: the model's folder")
    args = parser.parse_args()
    out = args.out or args.model
    model = load_rounded(args.model, args.tables, args.checkpoint)
    folder = out / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    write_config(model.settings, out)
    small = copy.deepcopy(model)
    small.embedding = ByteEmbedding(model.embedding.weight.data)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.onnx"
        export_graph(model, plain, fold=False)
        store_narrow(plain, folder / "model.onnx")
        export_graph(small, plain, fold=True)
        store_narrow(plain, folder / "model_quantized.onnx")
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.relative_to(out).parts[0] != "train":
            print(f"{path.stat().st_size:>10,}  {path.relative_to(out)}")


if __name__ == "__main__":
    main()
