"""Writes test/golden/tokenizer-config.json: what transformers makes of the files beside a tokenizer.json.

    pip install -r scripts/requirements.txt
    python scripts/make-tokenizer-golden.py

Each case is a tokenizer.json (that of a fixture, or made here) with the other files of a folder. The ids are those of
`AutoTokenizer.from_pretrained(folder)` for pairs of texts, uncut and cut to `max_length` with `truncation=True`.
"""

import copy
import json
import tempfile
from pathlib import Path

import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer

ROOT = Path(__file__).resolve().parent.parent / "test"
MAX_LENGTH = 12
PAIRS = [
    ["The train to the coast", "Der Zug an die KÜSTE fährt um sieben"],
    ["Mañana 北京", "<extra> 东京 [MASK] </s> x<mask>y"],
    ["a b c d e f g h i j k l", "A B C D E F G H I J K L M N"],
]


def fixture(name):
    return json.loads((ROOT / "fixtures" / name / "tokenizer.json").read_text(encoding="utf-8"))


def byte_level(add_prefix_space, post_processor="roberta"):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    if post_processor == "roberta":
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    return json.loads(tokenizer.to_str())


def without(tokenizer, *contents):
    changed = copy.deepcopy(tokenizer)
    changed["added_tokens"] = [token for token in changed["added_tokens"] if token["content"] not in contents]
    return changed


def with_direction(tokenizer, direction):
    changed = copy.deepcopy(tokenizer)
    changed["truncation"] = {"direction": direction, "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    return changed


def token(content, **more):
    return {
        "content": content,
        "lstrip": False,
        "normalized": False,
        "rstrip": False,
        "single_word": False,
        "special": True,
        **more,
    }


BERT = {"tokenizer_class": "BertTokenizer", "model_max_length": 128}
XLM_R = {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 128}
bert, xlm_r = fixture("tiny-bert"), fixture("tiny-xlm-r")
cased = copy.deepcopy(bert)
cased["normalizer"]["lowercase"] = False

# Name, tokenizer.json, model_type, files beside it.
CASES = [
    ("bert, nothing said", bert, "bert", {}),
    ("bert, cased by the configuration", bert, "bert", {"tokenizer_config": {**BERT, "do_lower_case": False}}),
    ("bert, cased in the file, uncased by the class", cased, "bert", {"tokenizer_config": BERT}),
    ("bert, cased in the file, no class but the type's", cased, "bert", {}),
    (
        "bert, cased in the file, a class that sets nothing",
        cased,
        "bert",
        {"tokenizer_config": {"tokenizer_class": "PreTrainedTokenizerFast"}},
    ),
    ("bert, accents kept", bert, "bert", {"tokenizer_config": {**BERT, "strip_accents": False}}),
    (
        "bert, cased and accents stripped",
        bert,
        "bert",
        {"tokenizer_config": {**BERT, "do_lower_case": False, "strip_accents": True}},
    ),
    (
        "bert, Chinese characters together",
        bert,
        "bert",
        {"tokenizer_config": {**BERT, "tokenize_chinese_chars": False}},
    ),
    ("electra", bert, "electra", {"tokenizer_config": {"tokenizer_class": "ElectraTokenizer", "do_lower_case": False}}),
    (
        "distilbert has no token types",
        bert,
        "distilbert",
        {"tokenizer_config": {"tokenizer_class": "DistilBertTokenizer"}},
    ),
    (
        "bert without token types by the configuration",
        bert,
        "bert",
        {"tokenizer_config": {**BERT, "model_input_names": ["input_ids", "attention_mask"]}},
    ),
    (
        "bert, cut on the left by the configuration",
        bert,
        "bert",
        {"tokenizer_config": {**BERT, "truncation_side": "left"}},
    ),
    ("bert, cut on the left by the file", with_direction(bert, "Left"), "bert", {"tokenizer_config": BERT}),
    (
        "bert, the configuration's side before the file's",
        with_direction(bert, "Left"),
        "bert",
        {"tokenizer_config": {**BERT, "truncation_side": "right"}},
    ),
    (
        "bert, a token that only added_tokens_decoder has",
        bert,
        "bert",
        {"tokenizer_config": {**BERT, "added_tokens_decoder": {"600": token("<extra>")}}},
    ),
    (
        "bert, a token that is no special one and is normalized",
        bert,
        "bert",
        {
            "tokenizer_config": {
                **BERT,
                "added_tokens_decoder": {"600": token("zug an", special=False, normalized=True)},
            }
        },
    ),
    ("bert, a token of added_tokens.json", bert, "bert", {"tokenizer_config": BERT, "added_tokens": {"<extra>": 600}}),
    (
        "bert, added_tokens.json beside added_tokens_decoder",
        bert,
        "bert",
        {
            "tokenizer_config": {**BERT, "added_tokens_decoder": {"4": token("[MASK]")}},
            "added_tokens": {"<extra>": 600},
        },
    ),
    (
        "bert, a special token that only the vocabulary has",
        without(bert, "[MASK]"),
        "bert",
        {"tokenizer_config": {**BERT, "mask_token": "[MASK]"}},
    ),
    (
        "bert, special_tokens_map.json",
        without(bert, "[MASK]"),
        "bert",
        {"tokenizer_config": BERT, "special_tokens_map": {"mask_token": "[MASK]"}},
    ),
    ("xlm-r", xlm_r, "xlm-roberta", {"tokenizer_config": XLM_R}),
    (
        "xlm-r, a mask that takes the space before it",
        xlm_r,
        "xlm-roberta",
        {"tokenizer_config": {**XLM_R, "added_tokens_decoder": {"599": token("<mask>", lstrip=True)}}},
    ),
    ("roberta, a space before by the file, none by the class", byte_level(True), "roberta", {}),
    (
        "roberta, a space before by the configuration",
        byte_level(False),
        "roberta",
        {"tokenizer_config": {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True}},
    ),
    (
        "llama adds its first token",
        byte_level(False, None),
        "llama",
        {"tokenizer_config": {"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}},
    ),
    (
        "gemma adds first and last token",
        byte_level(False, None),
        "gemma",
        {
            "tokenizer_config": {
                "tokenizer_class": "GemmaTokenizerFast",
                "bos_token": "<s>",
                "eos_token": "</s>",
                "add_eos_token": True,
            }
        },
    ),
    (
        "no post_processor",
        byte_level(False, None),
        "qwen2",
        {"tokenizer_config": {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>"}},
    ),
]


def encode(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    cases = []
    for query, document in PAIRS:
        whole = tokenizer([query], [document], return_token_type_ids=None)
        cut = tokenizer([query], [document], truncation=True, max_length=MAX_LENGTH)
        ids = whole["input_ids"][0]
        cases.append(
            {
                "ids": ids,
                "type_ids": whole["token_type_ids"][0] if "token_type_ids" in whole else [0] * len(ids),
                "cut_ids": cut["input_ids"][0],
            }
        )
    return cases


def main():
    golden = {
        "transformers": transformers.__version__,
        "max_length": MAX_LENGTH,
        "pairs": PAIRS,
        "tokenizers": {},
        "cases": [],
    }
    for name, tokenizer, model_type, files in CASES:
        text = json.dumps(tokenizer, sort_keys=True, ensure_ascii=False)
        known = next((key for key, value in golden["tokenizers"].items() if value == text), None)
        key = known or str(len(golden["tokenizers"]))
        golden["tokenizers"][key] = text
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
            (Path(folder) / "config.json").write_text(json.dumps({"model_type": model_type}), encoding="utf-8")
            for file, content in files.items():
                (Path(folder) / f"{file}.json").write_text(json.dumps(content), encoding="utf-8")
            encoded = encode(folder)
        golden["cases"].append(
            {"name": name, "tokenizer": key, "model_type": model_type, "files": files, "encoded": encoded}
        )
    golden["tokenizers"] = {
        key: "tiny-bert"
        if json.loads(text) == bert
        else "tiny-xlm-r"
        if json.loads(text) == xlm_r
        else json.loads(text)
        for key, text in golden["tokenizers"].items()
    }
    path = ROOT / "golden" / "tokenizer-config.json"
    path.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(path.stat().st_size)


if __name__ == "__main__":
    main()
