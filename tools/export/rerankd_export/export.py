"""From a model's folder to a folder that rerankd serves."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from rerankd_export.graph import FILE_NAMES, export_fp32, write_fp16, write_int8
from rerankd_export.parity import make_pairs, write_parity
from rerankd_export.recipes import Pair
from rerankd_export.source import ExportError, Source, Wish, open_source, read_config

# How far the exported graph's logits may be from the reference in fp32.
TOLERANCE = 1e-3
COPIED = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "modules.json",
    "config_sentence_transformers.json",
    "chat_template.jinja",
    "README.md",
    "LICENSE",
)


def export_folder(
    folder: Path, out: Path, wish: Wish, *, dtypes: Sequence[str] = ("fp32", "fp16", "int8"), reduce_range: bool = False
) -> dict[str, float]:
    """Exports the model of a folder into a new one; returns the largest difference of a logit from the reference for
    each dtype, computed by ONNX Runtime. Raises ExportError where the model cannot be exported, or fp32 differs."""
    source = open_source(folder, wish)
    onnx_folder = out / "onnx"
    onnx_folder.mkdir(parents=True, exist_ok=True)
    pairs = make_pairs(
        source.tokenizer, source.max_length, source.recipe is not None and source.recipe.takes_instruction
    )
    texts = [pair for _, pair in pairs]
    logits = source.score(texts)
    write_parity(
        out / "parity.json",
        pairs,
        logits,
        reference=source.reference,
        max_length=source.max_length,
        positive_label=source.positive_label,
    )
    write_settings(folder, out, source)

    # Two rows of different lengths, so that the trace sees padding.
    export_fp32(source.module(), source.features([texts[0], texts[4]]), onnx_folder / FILE_NAMES["fp32"])
    full = onnx_folder / FILE_NAMES["fp32"]
    if "fp16" in dtypes:
        write_fp16(full, onnx_folder / FILE_NAMES["fp16"])
    if "int8" in dtypes:
        write_int8(full, onnx_folder / FILE_NAMES["int8"], reduce_range=reduce_range)
    differences = {
        dtype: largest_difference(source, onnx_folder / FILE_NAMES[dtype], texts, logits) for dtype in dtypes
    }
    if "fp32" in differences and not differences["fp32"] <= TOLERANCE:
        raise ExportError(f"the exported graph's logits differ from the reference by {differences['fp32']:.2g}")
    if "fp32" not in dtypes:
        for file in onnx_folder.glob(f"{FILE_NAMES['fp32']}*"):
            file.unlink()
    return differences


def write_settings(folder: Path, out: Path, source: Source) -> None:
    for name in COPIED:
        if (folder / name).exists():
            shutil.copyfile(folder / name, out / name)
    if not (out / "tokenizer.json").exists():
        if not source.tokenizer.is_fast:
            raise ExportError("the model has no tokenizer.json, and transformers can make none of its tokenizer")
        source.tokenizer.save_pretrained(out)
    config = {**read_config(folder), **source.config_changes()}
    config = {name: value for name, value in config.items() if value is not None}
    write_json(out / "config.json", config)
    if source.recipe is not None:
        write_json(out / "rerankd.json", {"template": source.recipe.template})


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def largest_difference(source: Source, path: Path, pairs: list[Pair], expected: list[float]) -> float:
    """Returns the largest difference of a logit over all pairs, each in a run of its own."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = {node.name for node in session.get_inputs()}
    worst = 0.0
    for pair, wanted in zip(pairs, expected, strict=True):
        features = {name: tensor.numpy() for name, tensor in source.features([pair]).items() if name in names}
        row = np.asarray(session.run(["logits"], features)[0], dtype=np.float32).reshape(-1)
        logit = row[0] if len(row) == 1 else row[1] - row[0]
        worst = max(worst, abs(float(logit) - wanted))
    return worst
