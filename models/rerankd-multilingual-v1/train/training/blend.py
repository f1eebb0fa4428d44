"""Mixes a checkpoint's last weights with those that its training started from.

What a run forgets of what it was not trained on comes back with a part of the old weights, and most of what it learned
stays: Wortsman et al., Robust fine-tuning of zero-shot models, https://arxiv.org/abs/2109.01903.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training.checkpoint import begin, flatten


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="a checkpoint, whose average counts, or an .onnx")
    parser.add_argument("--depth", type=int, default=12, help="layers of --start")
    parser.add_argument("--drop", type=int, nargs="*", default=[], help="numbers of its layers to leave out")
    parser.add_argument("--old", type=float, default=0.3, help="share of the weights of --start")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint to write")
    args = parser.parse_args()
    old, _ = flatten(begin(args.wheel, args.tokenizer, args.start, args.depth, set(args.drop)))
    saved = torch.load(args.checkpoint)
    kept = {key: saved[key] for key in ("depth", "names", "step")}
    torch.save({**kept, "average": (1 - args.old) * saved["weights"] + args.old * old}, args.out)


if __name__ == "__main__":
    main()
