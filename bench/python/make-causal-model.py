"""Makes a causal language model with random weights in the layout of Qwen3-Reranker, for the figure `causal`.

    pip install -e tools/export
    python bench/python/make-causal-model.py --seed 7998 --output FOLDER

It has the tokenizer of the tiny fixture, and the vocabulary of Qwen3, so that the logits of every word at every
position would be as large as with the real model. Its weights are small enough for a run of minutes.
"""

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "tools" / part) for part in ("fixtures", "export")]

from make_causal_families import export, make_model, make_tokenizer, write_folder  # noqa: E402

SIZE = {
    "vocab_size": 151_669,
    "hidden_size": 384,
    "num_hidden_layers": 8,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "intermediate_size": 1024,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    chosen = parser.parse_args()
    partial = chosen.output.with_name(chosen.output.name + ".partial")
    tokenizer = make_tokenizer()
    model = make_model(tokenizer, chosen.seed, **SIZE)
    export(model, write_folder(partial, model, tokenizer) / "model.onnx")
    partial.rename(chosen.output)


if __name__ == "__main__":
    main()
