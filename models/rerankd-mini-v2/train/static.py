"""Start values of the piece embeddings: spelling first, then meaning.

A piece's vector starts as the sum of random vectors of its character n-grams, so that pieces spelled alike are
alike. Then a query's weighted bag of pieces learns to be closest to its own passage's among a batch.
"""

from __future__ import annotations

import argparse
import pickle
import time
import zlib
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from lists import Lists
from settings import Settings
from tables import UNSPACED, Tables, piece_texts

BATCH = 768
QUERY_TOKENS, PASSAGE_TOKENS = 48, 128
TEMPERATURE = 0.06
RATE = 3e-3
GRAM_WEIGHT = 0.6
REPORT_EVERY = 50


def ngrams(piece: str) -> list[str]:
    """The piece itself and its inner character n-grams: 1 and 2 in dense scripts, else 2 to 4."""
    text = piece.lstrip("▁") or piece
    if UNSPACED.search(text):
        return [f"={text}", *(text[i : i + n] for n in (1, 2) for i in range(len(text) - n + 1))]
    edged = f"<{text}"
    return [f"={text}", *(edged[i : i + n] for n in (2, 3, 4) for i in range(len(edged) - n + 1))]


def spelling_vectors(pieces: list[str], size: int) -> Tensor:
    """One unit vector per piece."""
    cache: dict[str, np.ndarray] = {}
    vectors = np.zeros((len(pieces), size), np.float32)
    for i, piece in enumerate(pieces):
        grams = ngrams(piece)
        scale = GRAM_WEIGHT / np.sqrt(max(len(grams) - 1, 1))
        for gram in grams:
            if gram not in cache:
                seed = zlib.crc32(gram.encode())
                cache[gram] = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
            vectors[i] += cache[gram] * (1.0 if gram[0] == "=" else 2.0 * scale)
    return F.normalize(torch.from_numpy(vectors), dim=1)


def bags(lists: Lists, texts: np.ndarray, most: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Ids and offsets for an embedding bag; a long text gives a random stretch of `most` tokens."""
    rows = []
    for i in texts:
        row = lists.text(int(i))
        start = int(rng.integers(0, len(row) - most + 1)) if len(row) > most else 0
        rows.append(row[start : start + most])
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])[:-1]])
    return torch.from_numpy(np.concatenate(rows).astype(np.int64)), torch.from_numpy(offsets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--lists", type=Path, default=Path("lists.npz"))
    parser.add_argument("--tables", type=Path, default=Path("tables.pickle"))
    parser.add_argument("--out", type=Path, default=Path("static.pt"))
    parser.add_argument("--steps", type=int, default=700)
    args = parser.parse_args()
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    settings = Settings(tokenizer.get_vocab_size())
    tables: Tables = pickle.loads(args.tables.read_bytes())
    lists = Lists(args.lists, 1)
    table = torch.nn.Parameter(spelling_vectors(piece_texts(tokenizer), settings.hidden))
    worth = torch.nn.Parameter(torch.from_numpy(tables.piece_rarity) / 10)
    optimizer = torch.optim.SparseAdam([table], lr=RATE)
    worths = torch.optim.Adam([worth], lr=RATE)
    queries, passages = lists.pairs()
    began, losses, hits = time.monotonic(), [], []
    for step in range(args.steps):
        chosen = rng.choice(len(queries), BATCH, replace=False)
        sides = []
        for texts, most in ((queries[chosen], QUERY_TOKENS), (passages[chosen], PASSAGE_TOKENS)):
            ids, offsets = bags(lists, texts, most, rng)
            summed = F.embedding_bag(ids, table, offsets, mode="sum", sparse=True, per_sample_weights=worth[ids])
            sides.append(F.normalize(summed, dim=1))
        scores = sides[0] @ sides[1].T / TEMPERATURE
        wanted = torch.arange(BATCH)
        loss = (F.cross_entropy(scores, wanted) + F.cross_entropy(scores.T, wanted)) / 2
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / args.steps) + 1e-5
        optimizer.step()
        worths.step()
        optimizer.zero_grad()
        worths.zero_grad()
        losses.append(loss.item())
        hits.append((scores.argmax(1) == wanted).float().mean().item())
        if (step + 1) % REPORT_EVERY == 0:
            left = (time.monotonic() - began) / (step + 1) * (args.steps - step - 1)
            print(f"step {step + 1}  loss {np.mean(losses):.3f}  first {np.mean(hits):.3f}  {left:.0f} s left", flush=True)
            losses, hits = [], []
    torch.save({"embedding": table.detach(), "worth": worth.detach()}, args.out)


if __name__ == "__main__":
    main()
