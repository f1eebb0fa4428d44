"""The reranker: the encoder reads query and document together, told which tokens match; a head makes one logit."""

from __future__ import annotations

import gzip
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.e5 import read
from model.encoder import DTYPE, Encoder, Rows, norm
from model.matching import END, PAD, PAIR_FEATURES, START, TOKEN_FEATURES, Matcher
from model.pieces import of_tokenizer

HEAD = 256
MAX_TOKENS = 512
# At most so many tokens of a query are read in training.
MAX_QUERY = 128


class Reranker(nn.Module):
    """Scores pairs. `depth` layers of the encoder are used."""

    def __init__(self, encoder: Encoder, matcher: Matcher) -> None:
        super().__init__()
        hidden = encoder.norm.normalized_shape[0]
        self.encoder = encoder
        self.matcher = matcher
        self.document = nn.Parameter(torch.zeros(hidden))
        self.matched = nn.Parameter(torch.zeros(2 * TOKEN_FEATURES, hidden))
        self.deep = nn.Linear(2 * hidden + PAIR_FEATURES, HEAD)
        self.score = nn.Linear(HEAD, 1)
        self.direct = nn.Linear(PAIR_FEATURES, 1, bias=False)
        nn.init.zeros_(self.direct.weight)
        nn.init.normal_(self.score.weight, std=0.02)
        nn.init.zeros_(self.score.bias)

    def describe(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """`[rows, length]` to what is added to each token [rows, length, 1 + 2 TOKEN_FEATURES]: whether it is the
        document's, and its features, apart for query and document; and the pair's features [rows, PAIR_FEATURES]."""
        tokens, pair = self.matcher(ids, mask)
        later = ((torch.cumsum((ids == END).long(), 1) > 0).long() * mask).unsqueeze(2).float()
        return torch.cat([later, tokens * (1 - later), tokens * later], 2), pair

    def added(self, described: Tensor) -> Tensor:
        """What the described tokens' embeddings gain."""
        return described @ torch.cat([self.document[None], self.matched])

    def judge(self, first: Tensor, mean: Tensor, pair: Tensor) -> Tensor:
        """The head: outputs of the first token and their mean [rows, hidden], and the pair's features, to [rows]."""
        deep = F.gelu(self.deep(torch.cat([first, mean, pair], 1)))
        return (self.score(deep) + self.direct(pair))[:, 0]

    def forward(self, pairs: list[list[int]], told: Tensor | None = None) -> Tensor:
        """Logits [rows] of rows of ids, which `join` made; `told` [rows] is 0 where matches are kept from the model."""
        order = sorted(range(len(pairs)), key=lambda i: -len(pairs[i]))
        rows = Rows([len(pairs[i]) for i in order])
        ids = rows.lay([pairs[i] for i in order], PAD)
        with torch.no_grad():
            described, features = [], []
            for part, (n, longest, _) in zip(ids.split(rows.sizes), rows.groups, strict=True):
                grid = part.view(n, longest)
                tokens, pair = self.describe(grid, (grid != PAD).long())
                if told is not None:
                    at = sum(map(len, features))
                    keep = told[order[at : at + n]][:, None]
                    tokens = torch.cat([tokens[:, :, :1], tokens[:, :, 1:] * keep[:, :, None]], 2)
                    pair = pair * keep
                described.append(tokens.reshape(n * longest, -1))
                features.append(pair)
            described, pair = torch.cat(described), torch.cat(features)
        encoder = self.encoder
        x = F.embedding(ids, encoder.pieces) + F.embedding(rows.positions, encoder.places).to(DTYPE)
        x = norm(x + self.added(described).to(DTYPE), encoder.norm)
        for layer in encoder.layers:
            x = layer(x, rows)
        mean = []
        for part, there, (n, longest, _) in zip(
            x.split(rows.sizes), rows.there.split(rows.sizes), rows.groups, strict=True
        ):
            there = there.view(n, longest, 1).to(DTYPE)
            mean.append((part.view(n, longest, -1) * there).sum(1, dtype=torch.float32) / there.sum(1).float())
        logits = self.judge(x[rows.starts].float(), torch.cat(mean), pair)
        back = torch.empty(len(pairs), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(pairs))
        return logits[back]


def join(query: list[int], document: list[int], limit: int = MAX_TOKENS) -> list[int]:
    """The ids of a pair, cut from the longer side, `<s> query </s></s> document </s>`."""
    room = limit - 4
    over = len(query) + len(document) - room
    if over > 0:
        keep = max(room - len(document), min(len(query), room // 2))
        query = query[:keep]
        document = document[: room - len(query)]
    return [START, *query, END, END, *document, END]


def build(wheel: Path, tokenizer: Path, depth: int, seed: int = 1) -> Reranker:
    """An untrained reranker on the encoder of the wheel."""
    torch.manual_seed(seed)
    with gzip.open(tokenizer, "rt", encoding="utf-8") as file:
        pieces = of_tokenizer(file.read())
    return Reranker(Encoder(read(wheel), depth), Matcher(pieces))
