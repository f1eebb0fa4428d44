"""Writes the model folder from a training checkpoint.

All weights are rounded to fp16 first, so every file holds the same values: `model.safetensors` in fp16,
`onnx/model.onnx` with fp16 initializers that are cast to fp32 on loading and an fp32 computation, and
`onnx/model_quantized.onnx` with dynamic int8 matrix products and int8 embeddings.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn
from transformers import XLMRobertaForSequenceClassification

from model import config

OPSET = 17
LARGE = 1024


class Scorer(nn.Module):
    """The model with the two inputs and one output of the exported graph."""

    def __init__(self, model: XLMRobertaForSequenceClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def load_checkpoint(checkpoint: Path, tokenizer: Tokenizer) -> XLMRobertaForSequenceClassification:
    """The trained model with its weights rounded to fp16, in fp32, with plain attention."""
    state = torch.load(checkpoint, weights_only=False, map_location="cpu")["model"]
    settings = config(tokenizer.get_vocab_size())
    settings._attn_implementation = "eager"
    model = XLMRobertaForSequenceClassification(settings)
    model.load_state_dict(state)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model.eval()


def save_weights(model: XLMRobertaForSequenceClassification, folder: Path) -> None:
    """config.json and model.safetensors. The type stays float32: fp16 on disk, read into fp32."""
    model.config.architectures = ["XLMRobertaForSequenceClassification"]
    settings = model.config.to_dict() | {
        "dtype": "float32",
        "torch_dtype": "float32",
        "license": "cc-by-sa-4.0",
        "id2label": {"0": "relevance"},
        "label2id": {"relevance": 0},
    }
    settings.pop("_name_or_path", None)
    text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")
    state = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    stored = load_file(folder / "model.safetensors")
    for name, tensor in model.state_dict().items():
        assert torch.equal(stored[name].float(), tensor), name


def export_graph(model: XLMRobertaForSequenceClassification, path: Path) -> None:
    """The fp32 ONNX graph with dynamic batch and sequence axes."""
    ids = torch.tensor([[0, 10, 11, 2, 2, 12, 2], [0, 10, 2, 2, 12, 2, 1]])
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Scorer(model),
        (ids, (ids != 1).long()),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )


def store_half(source: Path, target: Path) -> None:
    """Stores large fp32 initializers in fp16, each followed by a cast back to fp32."""
    graph_model = onnx.load(source)
    graph = graph_model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < LARGE:
            kept.append(tensor)
            continue
        half = values.astype(np.float16)
        assert np.array_equal(half.astype(np.float32), values), tensor.name
        stored = f"{tensor.name}_fp16"
        kept.append(numpy_helper.from_array(half, stored))
        casts.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)
    onnx.checker.check_model(graph_model)
    onnx.save(graph_model, target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoint.pt"))
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    model = load_checkpoint(args.checkpoint, tokenizer)
    folder = args.model / "onnx"
    folder.mkdir(exist_ok=True)
    save_weights(model, args.model)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "model.onnx"
        export_graph(model, plain)
        store_half(plain, folder / "model.onnx")
        quantize_dynamic(
            plain,
            folder / "model_quantized.onnx",
            op_types_to_quantize=["MatMul", "Gather"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
    for path in sorted(args.model.rglob("*")):
        if path.is_file() and path.relative_to(args.model).parts[0] != "train":
            print(f"{path.stat().st_size:>10,}  {path.relative_to(args.model)}")


if __name__ == "__main__":
    main()
