"""Writes what Python makes of the pairs in test/golden/pairs.json: token ids and logits for the tests to compare with.

    pip install -r scripts/requirements.txt
    python scripts/make-golden.py test/fixtures/tiny-xlm-r --max-length 128
    python scripts/make-golden.py test/fixtures/tiny-bert --max-length 64
    python scripts/make-golden.py models/rerankd-multilingual-v1 --max-length 512
    python scripts/make-golden.py ../shared/data/tokenizers/xlm-roberta-tokenizer.json.gz --max-length 512 \\
        --name xlm-roberta-ids
    python scripts/make-golden.py --algorithms

A model folder gives test/golden/<folder name>.json. Its logits are those of `transformers` if the folder holds
model.safetensors, or --checkpoint names a folder that does. Else they are those of onnxruntime over the folder's own
graph, the most precise one there. A tokenizer.json, plain or gzipped, gives ids only.
--algorithms writes longest-first.json and pair-templates.json: truncation and pair layout of the `tokenizers` library,
which need no model.

Each pair is tokenized as a batch of one, `tokenizer([query], [document])`: given two bare strings, `transformers` takes
an empty document for no document at all.
"""

import argparse
import gzip
import hashlib
import itertools
import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

GOLDEN = Path(__file__).resolve().parent.parent / "test" / "golden"
PAIRS = GOLDEN / "pairs.json"

# From most to least precise.
GRAPHS = ["onnx/model.onnx", "onnx/model_fp16.onnx", "onnx/model_int8.onnx", "onnx/model_quantized.onnx"]

# Hex digits kept of a hash of ids: enough that no two lists of ids share them by chance.
HASH_DIGITS = 16

Score = Callable[[dict[str, list[int]]], float]


def read_pairs() -> list[tuple[str, str, str]]:
    pairs = json.loads(PAIRS.read_text(encoding="utf-8"))
    return [
        (
            pair["name"],
            pair["query"] * pair.get("query_times", 1),
            pair["document"] * pair.get("document_times", 1),
        )
        for pair in pairs
    ]


def load_tokenizer(path: Path) -> PreTrainedTokenizerFast:
    if path.is_dir():
        return AutoTokenizer.from_pretrained(path, use_fast=True)
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(text.decode("utf-8")))


def torch_score(checkpoint: Path) -> Score:
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.set_num_threads(1)
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=torch.float32).eval()

    def score(inputs: dict[str, list[int]]) -> float:
        with torch.inference_mode():
            tensors = {name: torch.tensor([row]) for name, row in inputs.items()}
            return model(**tensors).logits[0, 0].item()

    return score


def onnx_score(graph: Path) -> Score:
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options)
    names = {value.name for value in session.get_inputs()}

    def score(inputs: dict[str, list[int]]) -> float:
        feeds = {name: numpy.array([row]) for name, row in inputs.items() if name in names}
        return float(session.run(["logits"], feeds)[0].reshape(-1)[0])

    return score


def choose_score(folder: Path, checkpoint: Path | None) -> tuple[str, Score]:
    weights = checkpoint or folder
    if checkpoint or (weights / "model.safetensors").exists():
        return "model.safetensors", torch_score(weights)
    for graph in GRAPHS:
        if (folder / graph).exists():
            return graph, onnx_score(folder / graph)
    raise SystemExit(f"error: {folder} holds neither model.safetensors nor any of {', '.join(GRAPHS)}")


def hash_of(ids: list[int]) -> str:
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()[:HASH_DIGITS]


def run_lengths(values: list[int]) -> str:
    return " ".join(f"{len(list(group))}*{value}" for value, group in itertools.groupby(values))


def versions(*packages: str) -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def write_golden(path: Path, head: dict[str, object], key: str, rows: list[object]) -> None:
    """Writes one row a line, so that a diff shows which cases changed."""
    lines = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in rows)
    start = json.dumps(head, indent=2, ensure_ascii=False).removesuffix("\n}")
    path.write_text(f'{start},\n  "{key}": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    print(f"{path}: {len(rows)} {key}")


def make_model_golden(source: Path, max_length: int, name: str, checkpoint: Path | None) -> None:
    tokenizer = load_tokenizer(source)
    logits_from, score = choose_score(source, checkpoint) if source.is_dir() else (None, None)
    pairs = read_pairs()

    def count(text: str) -> int:
        return len(tokenizer([text], add_special_tokens=False)["input_ids"][0])

    full = [[count(query), count(document)] for _, query, document in pairs]
    cases: list[object] = []
    for (pair_name, query, document), full_tokens in zip(pairs, full, strict=True):
        batch = tokenizer([query], [document], truncation=True, max_length=max_length)
        sequence_ids = batch.sequence_ids(0)
        ids = batch["input_ids"][0]
        case: dict[str, object] = {
            "name": pair_name,
            "tokens": len(ids),
            "ids_sha256": hash_of(ids),
            "type_ids": run_lengths(batch.encodings[0].type_ids),
            "full_tokens": full_tokens,
            "kept_tokens": [sequence_ids.count(0), sequence_ids.count(1)],
        }
        if score is not None:
            case["logit"] = round(score({key: value[0] for key, value in batch.items()}), 6)
        cases.append(case)

    packages = ["transformers", "tokenizers"]
    if logits_from is not None:
        packages.append("torch" if logits_from == "model.safetensors" else "onnxruntime")
    head = {
        "name": name,
        "versions": versions(*packages),
        "pairs_sha256": hashlib.sha256(PAIRS.read_bytes()).hexdigest(),
        "max_length": max_length,
        "logits_from": logits_from,
    }
    write_golden(GOLDEN / f"{name}.json", head, "cases", cases)


def word_tokenizer() -> Tokenizer:
    """Returns a tokenizer with one token a word, of which `q` and `d` are 5 and 6."""
    vocab = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4, "q": 5, "d": 6}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def make_longest_first() -> None:
    """Writes [budget, query, document, kept query, kept document] tokens, for small numbers all, else a sample."""
    tokenizer = word_tokenizer()
    small = itertools.product(range(10), range(12), range(12))
    lengths = [0, 1, 7, 63, 64, 65, 127, 128, 129, 500, 5000]
    large = itertools.product([61, 124, 125, 508], lengths, lengths)
    rows: list[object] = []
    for budget, query, document in itertools.chain(small, large):
        tokenizer.enable_truncation(budget)
        ids = tokenizer.encode("q " * query, "d " * document, add_special_tokens=False).ids
        rows.append([budget, query, document, ids.count(5), ids.count(6)])
    write_golden(GOLDEN / "longest-first.json", {"versions": versions("tokenizers")}, "rows", rows)


def make_pair_templates() -> None:
    """Writes the ids and segment ids that each kind of post_processor gives to a pair of 2 and 3 tokens."""
    cls, sep = ("<s>", 0), ("</s>", 2)
    template = processors.TemplateProcessing(
        single="$A", pair="</s>:3 $B:2 <s>:1 $A </s> </s>:4", special_tokens=[cls, sep]
    )
    known = {
        "TemplateProcessing, document first": template,
        "RobertaProcessing": processors.RobertaProcessing(sep, cls),
        "RobertaProcessing with its flags off": processors.RobertaProcessing(sep, cls, False, False),
        "BertProcessing": processors.BertProcessing(sep, cls),
        "Sequence": processors.Sequence([processors.ByteLevel(), template]),
        "Sequence, ByteLevel last": processors.Sequence([processors.BertProcessing(sep, cls), processors.ByteLevel()]),
    }
    rows: list[object] = []
    for name, processor in known.items():
        tokenizer = word_tokenizer()
        tokenizer.post_processor = processor
        encoding = tokenizer.encode("q q", "d d d")
        post_processor = json.loads(tokenizer.to_str())["post_processor"]
        rows.append(
            {
                "name": name,
                "post_processor": post_processor,
                "ids": encoding.ids,
                "type_ids": encoding.type_ids,
            }
        )
    write_golden(GOLDEN / "pair-templates.json", {"versions": versions("tokenizers")}, "cases", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the golden files of test/golden.")
    parser.add_argument("sources", nargs="*", type=Path, metavar="MODEL", help="model folder, or tokenizer.json[.gz]")
    parser.add_argument("--max-length", type=int, help="tokens of a pair, special tokens included")
    parser.add_argument("--name", help="name of the golden file; default: the folder's")
    parser.add_argument("--checkpoint", type=Path, help="folder with the model.safetensors that the graph was made of")
    parser.add_argument("--algorithms", action="store_true", help="write longest-first.json and pair-templates.json")
    arguments = parser.parse_args()
    if arguments.sources and arguments.max_length is None:
        parser.error("--max-length is required with a MODEL")
    if len(arguments.sources) > 1 and (arguments.name or arguments.checkpoint):
        parser.error("--name and --checkpoint take one MODEL")
    if not arguments.sources and not arguments.algorithms:
        parser.error("give a MODEL or --algorithms")

    if arguments.algorithms:
        make_longest_first()
        make_pair_templates()
    for source in arguments.sources:
        name = arguments.name or source.resolve().name
        make_model_golden(source, arguments.max_length, name, arguments.checkpoint)


if __name__ == "__main__":
    main()
