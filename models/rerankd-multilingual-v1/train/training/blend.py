"""Mixes the weights of checkpoints, each with a share.

What a run forgets of what it was not trained on comes back with a part of the old weights, and most of what it learned
stays: Wortsman et al., Robust fine-tuning of zero-shot models, https://arxiv.org/abs/2109.01903.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from model.reranker import build
from training.checkpoint import flatten, load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument(
        "--part",
        nargs=3,
        action="append",
        required=True,
        metavar=("CHECKPOINT", "average|weights", "SHARE"),
        help="a checkpoint, which of its weights, and their share; all shares make 1",
    )
    parser.add_argument("--drop", type=int, nargs="*", default=[], help="layers to leave out of parts that have all 12")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint to write; it has an average alone")
    args = parser.parse_args()
    shares = [float(share) for *_, share in args.part]
    if abs(sum(shares) - 1) > 1e-6:
        parser.error(f"the shares of --part must make 1, got: {sum(shares)}")
    mixed = torch.zeros(())
    for (path, which, _), share in zip(args.part, shares, strict=True):
        depth = torch.load(path)["depth"]
        model = build(args.wheel, args.tokenizer, depth)
        step = load(model, Path(path), which)
        if depth == 12:
            layers = [layer for i, layer in enumerate(model.encoder.layers) if i not in args.drop]
            model.encoder.layers = nn.ModuleList(layers)
        flat, places = flatten(model)
        mixed = mixed + share * flat
    names = [(name, tuple(p.shape), at) for name, p, at in places]
    kept = {"depth": len(model.encoder.layers), "names": names, "step": step}
    torch.save({**kept, "average": mixed}, args.out)


if __name__ == "__main__":
    main()
