"""The reranker: matching features, read by heads whose logits are averaged."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from combine import Head
from matching import Found, Matcher
from parts import find_words, split
from settings import PAD, Settings
from tables import Tables


class Reranker(nn.Module):
    """Scores pairs of token ids."""

    def __init__(self, settings: Settings, tables: Tables) -> None:
        super().__init__()
        self.settings = settings
        self.embedding = nn.Embedding(settings.vocab, settings.hidden)
        self.matcher = Matcher(settings, tables)
        self.members = nn.ModuleList(Head(settings) for _ in range(settings.members))

    def find(self, input_ids: Tensor, attention_mask: Tensor) -> Found:
        """The comparison of a batch, `[rows, length]` int64 ids and mask."""
        # So that a row of one token, too, has a place for a query token.
        input_ids = F.pad(input_ids, (0, 1), value=PAD)
        attention_mask = F.pad(attention_mask, (0, 1))
        parts = split(input_ids, attention_mask)
        kinds = self.matcher.kinds[input_ids]
        return self.matcher(input_ids, kinds, parts, find_words(kinds), self.embedding(input_ids))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """`[rows, length]` int64 ids and mask to `[rows, 1]` logits."""
        found = self.find(input_ids, attention_mask)
        return sum(member(found) for member in self.members) / len(self.members)


def build(model_folder: Path, tables: Path, seed: int, **sizes: int | float) -> Reranker:
    """An untrained reranker for the folder's tokenizer; `sizes` are those of `Settings` that are not the usual."""
    torch.manual_seed(seed)
    tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    stored: Tables = pickle.loads(tables.read_bytes())
    return Reranker(Settings(tokenizer.get_vocab_size(), **sizes), stored)


def load(model_folder: Path, tables: Path, checkpoint: Path) -> Reranker:
    """The reranker of a checkpoint of `heads.py`, in fp32, ready to score."""
    saved = torch.load(checkpoint)
    model = build(model_folder, tables, 0, **saved["sizes"])
    model.load_state_dict(saved["model"])
    return model.eval()
