"""Makes a cross-encoder with random weights in the shape of XLM-RoBERTa, for benchmarks.

Speed depends on shapes, not on what was learnt, so random weights stand in for a model that cannot
be shipped. Its scores mean nothing, but they differ from text to text, so contenders that disagree
are found out. The same seed gives the same weights.

The folder is laid out as on the hub: config.json, tokenizer.json and model.safetensors for PyTorch;
onnx/model.onnx (fp32), onnx/model_fp16.onnx and onnx/model_quantized.onnx (int8, dynamic, per
channel).
"""

import argparse
import gzip
import os
import shutil
from pathlib import Path

SHAPES = {
    # The shape of jina-reranker-v2-base-multilingual.
    "base": {
        "num_hidden_layers": 12,
        "hidden_size": 768,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "max_position_embeddings": 1026,
    },
    # The depth and width of MiniLM-L12-H384, on which small multilingual rerankers are built.
    "minilm": {
        "num_hidden_layers": 12,
        "hidden_size": 384,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
        "max_position_embeddings": 514,
    },
    "small": {
        "num_hidden_layers": 6,
        "hidden_size": 384,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
        "max_position_embeddings": 514,
    },
}
VOCABULARY = 250_002
# Where the guide's server cuts; every contender reads it from here or is told.
MAX_TOKENS = 512
OPSET = 17
# Before training it is 0.02, with which attention is flat and every text scores alike.
WEIGHT_SPREAD = 0.05
EMBEDDING_SPREAD = 0.5
# Logits of a trained reranker lie within a few units of 0.
LOGIT_SPREAD = 2.0

PROBES = [
    ("내일 회의 일정", "내일 오후 2시에 품질 미팅이 있습니다"),
    ("내일 회의 일정", "오늘 점심은 김치찌개를 먹었다"),
    ("내일 회의 일정", "금요일에 아키텍처 리뷰 회의 예정"),
    ("how do I list files", "`ls -la` shows hidden files, too"),
    ("how do I list files", "The capital of France is Paris. " * 12),
    ("東京の天気", "明日の東京は晴れのち曇り、最高気温は二十度でしょう。"),
    ("東京の天気", "Der Zug nach Berlin fährt heute von Gleis sieben. " * 6),
    ("unit tests", "def test_add():\n    assert add(1, 2) == 3\n"),
]


def make_tokenizer(source: Path, folder: Path):
    from transformers import XLMRobertaTokenizerFast

    target = folder / "tokenizer.json"
    original = gzip.decompress(source.read_bytes())
    target.write_bytes(original)
    tokenizer = XLMRobertaTokenizerFast(tokenizer_file=str(target), model_max_length=MAX_TOKENS)
    tokenizer.save_pretrained(folder)
    # Saving rewrites the file in the words of the installed version; everyone reads the original.
    target.write_bytes(original)
    return tokenizer


def make_model(shape: dict, seed: int, tokenizer):
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    torch.manual_seed(seed)
    model = XLMRobertaForSequenceClassification(
        XLMRobertaConfig(
            vocab_size=VOCABULARY,
            type_vocab_size=1,
            num_labels=1,
            layer_norm_eps=1e-5,
            attn_implementation="eager",
            **shape,
        )
    )
    model.eval()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "embeddings" in name and weights.dim() == 2:
                weights.normal_(0, EMBEDDING_SPREAD)
            elif weights.dim() == 2:
                weights.normal_(0, WEIGHT_SPREAD)
        logits = model(**encode(tokenizer, PROBES)).logits
        head = model.classifier.out_proj
        head.weight *= LOGIT_SPREAD / logits.std()
        head.bias -= model(**encode(tokenizer, PROBES)).logits.mean()
        print("logits:", model(**encode(tokenizer, PROBES)).logits.squeeze(-1).tolist())
    return model


def encode(tokenizer, pairs):
    return tokenizer(
        [query for query, _ in pairs],
        [document for _, document in pairs],
        padding=True,
        truncation=True,
        max_length=MAX_TOKENS,
        return_tensors="pt",
    )


def export(model, tokenizer, target: Path) -> None:
    import torch

    inputs = encode(tokenizer, PROBES[:2])
    free = {0: "batch_size", 1: "sequence_length"}
    torch.onnx.export(
        model,
        (inputs["input_ids"], inputs["attention_mask"]),
        str(target),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": free, "attention_mask": free, "logits": {0: "batch_size"}},
        opset_version=OPSET,
        do_constant_folding=True,
        dynamo=False,
    )


def write_fp16(source: Path, target: Path) -> None:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    graph = convert_float_to_float16(onnx.load(str(source)), keep_io_types=True, disable_shape_infer=True)
    onnx.save(graph, str(target))


def write_int8(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        str(source),
        str(target),
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul", "Gather"],
        extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True},
    )


def check(folder: Path, model, tokenizer) -> None:
    """Prints how far each graph is from PyTorch on the probes."""
    import numpy
    import onnxruntime
    import torch

    inputs = encode(tokenizer, PROBES)
    with torch.no_grad():
        expected = model(**inputs).logits.numpy()
    feeds = {name: inputs[name].numpy() for name in ("input_ids", "attention_mask")}
    for path in sorted((folder / "onnx").iterdir()):
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        got = session.run(["logits"], feeds)[0]
        print(f"{path.name}: differs by {numpy.abs(got - expected).max():.2g} at most")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--shape", choices=sorted(SHAPES), required=True)
    arguments.add_argument("--seed", type=int, default=7998)
    arguments.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json.gz")
    arguments.add_argument("--output", type=Path, required=True, help="folder to make")
    chosen = arguments.parse_args()
    if not chosen.tokenizer.exists():
        raise SystemExit(f"there is no tokenizer at {chosen.tokenizer}, so no model was made")
    if chosen.output.exists():
        return
    os.environ.update(HF_HUB_OFFLINE="1", DO_NOT_TRACK="1", ORT_DISABLE_TELEMETRY="1")

    partial = chosen.output.with_name(chosen.output.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "onnx").mkdir(parents=True)
    tokenizer = make_tokenizer(chosen.tokenizer, partial)
    model = make_model(SHAPES[chosen.shape], chosen.seed, tokenizer)
    fp32 = partial / "onnx" / "model.onnx"
    export(model, tokenizer, fp32)
    write_fp16(fp32, partial / "onnx" / "model_fp16.onnx")
    write_int8(fp32, partial / "onnx" / "model_quantized.onnx")
    check(partial, model, tokenizer)
    model.save_pretrained(partial)
    partial.rename(chosen.output)


if __name__ == "__main__":
    main()
