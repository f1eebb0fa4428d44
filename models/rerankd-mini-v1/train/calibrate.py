"""Scales and shifts the trained logit so that its sigmoid reads as relevance.

Training settles the order of scores, less so their height. On held-out training lists the median positive is
moved to a sigmoid of 0.92 and the median hard negative to 0.10. Both steps are folded into the last layer; the
order of documents does not change. The scores are spread to be read, they are no probabilities.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import torch
from tokenizers import Tokenizer

from model import build
from train import Lists, score_rows

RANDOM_PER_LIST = 6
POSITIVE_ANCHOR, HARD_ANCHOR = 0.92, 0.10


@torch.no_grad()
def held_out_scores(model: torch.nn.Module, lists: Lists) -> dict[str, torch.Tensor]:
    """Logits of the held-out lists' positives, hard negatives and random negatives."""
    kinds: list[str] = []
    rows = []
    for index in lists.held_out:
        encoded = lists.held_out_list(int(index), RANDOM_PER_LIST)
        labels = lists.labels(int(index))
        rows.extend(encoded)
        hard = ["hard" if label < 0.5 else "graded" for label in labels[1:]]
        kinds.extend(["positive", *hard, *["random"] * RANDOM_PER_LIST])
    logits = score_rows(model, rows)
    return {
        kind: logits[[i for i, other in enumerate(kinds) if other == kind]]
        for kind in ("positive", "hard", "random")
    }


def fit(scores: dict[str, torch.Tensor]) -> tuple[float, float]:
    """The scale and shift that move both medians to their anchors."""
    positive, hard = scores["positive"].median().item(), scores["hard"].median().item()
    high, low = (math.log(anchor / (1 - anchor)) for anchor in (POSITIVE_ANCHOR, HARD_ANCHOR))
    scale = (high - low) / (positive - hard)
    return scale, high - scale * positive


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoint.pt"))
    parser.add_argument("--out", type=Path, default=Path("calibrated.pt"))
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    model = build(Tokenizer.from_file(str(args.model / "tokenizer.json")))
    model.load_state_dict(torch.load(args.checkpoint, weights_only=False)["model"])
    model.eval()
    scores = held_out_scores(model, Lists(args.lists, args.seed))
    scale, shift = fit(scores)
    last = model.classifier.out_proj
    with torch.no_grad():
        last.weight.mul_(scale)
        last.bias.mul_(scale).add_(shift)
    print(f"scale {scale:.3f}, shift {shift:.3f}")
    for kind, logits in scores.items():
        relevance = torch.sigmoid(scale * logits + shift)
        low, middle, high = relevance.quantile(torch.tensor([0.25, 0.5, 0.75])).tolist()
        print(f"{kind}: quartiles {low:.2f} {middle:.2f} {high:.2f}")
    torch.save({"model": model.state_dict()}, args.out)


if __name__ == "__main__":
    main()
