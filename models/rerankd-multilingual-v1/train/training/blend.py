"""Mixes the weights of checkpoints, each with a share.

What a run forgets of what it was not trained on comes back with a part of the old weights, and most of what it learned
stays: Wortsman et al., Robust fine-tuning of zero-shot models, https://arxiv.org/abs/2109.01903.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training.checkpoint import begin, described, flatten


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
    parser.add_argument("--drop", type=int, nargs="*", default=[], help="layers to leave out of the deeper parts")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint to write; it has an average alone")
    args = parser.parse_args()
    shares = [float(share) for *_, share in args.part]
    if abs(sum(shares) - 1) > 1e-6:
        parser.error(f"the shares of --part must make 1, got: {sum(shares)}")
    saved = [torch.load(path, mmap=True) for path, *_ in args.part]
    least = min(one["depth"] for one in saved)
    mixed = torch.zeros(())
    for (path, which, _), share, one in zip(args.part, shares, saved, strict=True):
        drop = set(args.drop) if one["depth"] > least else set()
        flat, places = flatten(begin(args.wheel, args.tokenizer, Path(path), one["depth"], drop, which))
        mixed = mixed + share * flat
    kept = {"depth": least, "names": described(places), "step": saved[-1]["step"]}
    torch.save({**kept, "average": mixed}, args.out)


if __name__ == "__main__":
    main()
