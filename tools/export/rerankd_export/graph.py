"""Turns modules into ONNX files: fp32, fp16 and int8."""

from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

# Every runtime of the last years reads it.
OPSET = 17
# A protobuf message holds less than 2 GiB; larger files keep their weights beside the graph.
MAX_BYTES_IN_GRAPH = 1_800_000_000
FILE_NAMES = {"fp32": "model.onnx", "fp16": "model_fp16.onnx", "int8": "model_quantized.onnx"}


class CrossEncoderLogits(torch.nn.Module):
    """All modules of a cross-encoder, without its activation."""

    def __init__(self, model: "CrossEncoder", names: list[str]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.model(dict(zip(self.names, inputs, strict=True)))["scores"]


class DecoderLogit(torch.nn.Module):
    """The one logit of a language model at the last token of each row; rows are padded at their end."""

    def __init__(self, backbone: torch.nn.Module, row: torch.Tensor) -> None:
        super().__init__()
        self.backbone = backbone
        self.row = torch.nn.Parameter(row[:, None].clone(), requires_grad=False)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        # The mask that the model makes by itself cannot be traced.
        length = input_ids.shape[1]
        seen = torch.ones(length, length).tril()[None, None] * attention_mask[:, None, None, :]
        mask = self._masks(seen, length)
        hidden = self.backbone(input_ids=input_ids, attention_mask=mask, use_cache=False).last_hidden_state
        last = (attention_mask.sum(dim=1) - 1)[:, None, None].expand(-1, 1, hidden.shape[-1])
        return hidden.gather(1, last).squeeze(1) @ self.row

    def _masks(self, seen: torch.Tensor, length: int) -> torch.Tensor | dict[str, torch.Tensor]:
        lowest = torch.finfo(torch.float32).min
        full = (1 - seen) * lowest
        config = self.backbone.config
        if "sliding_attention" not in (getattr(config, "layer_types", None) or []):
            return full
        near = torch.ones(length, length).triu(1 - config.sliding_window)[None, None]
        return {"full_attention": full, "sliding_attention": (1 - seen * near) * lowest}


def export_fp32(module: torch.nn.Module, features: dict[str, torch.Tensor], path: Path) -> None:
    """Writes the graph with free batch and length, and the output `logits`."""
    names = list(features)
    axes = {0: "batch", 1: "sequence"}
    with torch.inference_mode():
        torch.onnx.export(
            module.eval(),
            tuple(features.values()),
            str(path),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={**dict.fromkeys(names, axes), "logits": {0: "batch"}},
            opset_version=OPSET,
            do_constant_folding=True,
            dynamo=False,
        )
    graph = onnx.load(path)
    for node in graph.graph.node:
        # Else it has the folders of the machine that exported it.
        node.doc_string = ""
    for loose in path.parent.iterdir():
        # torch writes a file for each tensor of a large model.
        if loose != path and loose.suffix not in (".onnx", ".onnx_data"):
            loose.unlink()
    save(graph, path)


def write_fp16(fp32: Path, path: Path) -> None:
    save(convert_float_to_float16(onnx.load(fp32), keep_io_types=False, disable_shape_infer=True), path)


def write_int8(fp32: Path, path: Path, *, reduce_range: bool) -> None:
    """Quantizes weights per channel; activations are scaled as the graph runs."""
    prepared = path.with_name("prepared.onnx")
    is_large = fp32.stat().st_size + sum(file.stat().st_size for file in fp32.parent.glob("model.onnx_data")) > (
        MAX_BYTES_IN_GRAPH
    )
    try:
        quant_pre_process(fp32, prepared, skip_symbolic_shape=True, save_as_external_data=is_large)
        quantize_dynamic(
            prepared,
            path,
            per_channel=True,
            reduce_range=reduce_range,
            weight_type=QuantType.QInt8,
            use_external_data_format=is_large,
        )
    finally:
        for file in path.parent.glob("prepared.onnx*"):
            file.unlink()


def save(graph: onnx.ModelProto, path: Path) -> None:
    data = path.with_name(f"{path.name}_data")
    data.unlink(missing_ok=True)
    if graph.ByteSize() < MAX_BYTES_IN_GRAPH:
        onnx.save(graph, path)
    else:
        onnx.save(graph, path, save_as_external_data=True, location=data.name)
