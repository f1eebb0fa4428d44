"""The reranker: matching features, read by a linear layer, a small network, and a transformer.

The logit is the sum of three parts. The linear part starts as BM25 over pieces and words. The other two start
at zero, so that training can only add to it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from encoder import Encoder, condense
from matching import TERM_FEATURES, TOKEN_FEATURES, WHOLE_FEATURES, Found, Matcher
from parts import find_words, split
from settings import Settings
from tables import Tables

TERM_HIDDEN = 32
POOLED = 4 * TERM_FEATURES + WHOLE_FEATURES
DEEP = 2 * TERM_HIDDEN
START_SCALE = 8.0


class Reranker(nn.Module):
    """Scores pairs of token ids."""

    def __init__(self, settings: Settings, tables: Tables) -> None:
        super().__init__()
        self.settings = settings
        self.embedding = nn.Embedding(settings.vocab, settings.hidden)
        self.matcher = Matcher(settings, tables)
        self.linear = nn.Linear(POOLED, 1)
        self.term_in = nn.Linear(TERM_FEATURES, TERM_HIDDEN)
        self.term_out = nn.Linear(TERM_HIDDEN, TERM_HIDDEN)
        self.deep_in = nn.Linear(DEEP + POOLED, 48)
        self.deep_out = nn.Linear(48, 1)
        if settings.layers:
            self.token_in = nn.Linear(TOKEN_FEATURES, settings.hidden)
            self.query_in = nn.Linear(TERM_FEATURES, settings.hidden)
            self.encoder = Encoder(settings)
            self.read_in = nn.Linear(2 * settings.hidden + 48, 64)
            self.read_out = nn.Linear(64, 1)
        self.start_values()

    def start_values(self) -> None:
        """BM25 in the linear part, zero in the others."""
        with torch.no_grad():
            self.linear.weight.zero_()
            self.linear.bias.fill_(-3.0)
            self.linear.weight[0, 2 * TERM_FEATURES] = START_SCALE * 0.3
            self.linear.weight[0, 1] = START_SCALE * 0.5
            self.linear.weight[0, 4 * TERM_FEATURES] = START_SCALE * 0.5
            self.deep_out.weight.zero_()
            self.deep_out.bias.zero_()
            if self.settings.layers:
                self.read_out.weight.zero_()
                self.read_out.bias.zero_()

    def pool(self, found: Found) -> tuple[Tensor, Tensor]:
        """Linear and deep summaries of the query tokens, `[rows, POOLED]` and `[rows, DEEP]`."""
        linear, deep = [], []
        hidden = F.relu(self.term_out(F.relu(self.term_in(found.terms))))
        for weight in (found.word_weight, found.piece_weight):
            share = weight / (weight.sum(1, keepdim=True) + 1e-6)
            linear.append((found.terms * weight.unsqueeze(2)).sum(1))
            linear.append((found.terms * share.unsqueeze(2)).sum(1))
            deep.append((hidden * share.unsqueeze(2)).sum(1))
        return torch.cat([*linear, found.whole], 1), torch.cat(deep, 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """`[rows, length]` int64 ids and mask to `[rows, 1]` logits."""
        parts = split(input_ids, attention_mask)
        kinds = self.matcher.kinds[input_ids]
        words = find_words(kinds)
        embedded = self.embedding(input_ids)
        found = self.matcher(input_ids, kinds, parts, words, embedded)
        pooled, deep = self.pool(found)
        state = F.relu(self.deep_in(torch.cat([pooled, deep], 1)))
        logit = self.linear(pooled) + self.deep_out(state)
        if not self.settings.layers:
            return logit
        at = condense(parts, found.best, attention_mask, self.settings)
        size = self.settings.hidden
        seen = self.token_in(found.tokens) * parts.document.unsqueeze(2)
        asked = self.query_in(found.terms)
        rest = torch.zeros_like(seen)
        asked = torch.cat([rest[:, :1], asked, rest[:, 1 + asked.shape[1] :]], 1)
        x = embedded + seen + asked * parts.query.unsqueeze(2)
        x = x.gather(1, at.unsqueeze(2).expand(-1, -1, size))
        masks = [part.float().gather(1, at) for part in (parts.query, parts.document, attention_mask)]
        read = self.encoder(x, *masks)
        return logit + self.read_out(F.relu(self.read_in(torch.cat([read, state], 1))))
