"""The reranker: matching features, read by heads, and by a transformer if it has layers.

The transformer starts at zero, so that training can only add to what the heads say.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from combine import Head
from encoder import Encoder, condense
from matching import TERM_FEATURES, TOKEN_FEATURES, Matcher
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
        if settings.layers:
            self.token_in = nn.Linear(TOKEN_FEATURES, settings.hidden)
            self.query_in = nn.Linear(TERM_FEATURES, settings.hidden)
            self.encoder = Encoder(settings)
            self.read_in = nn.Linear(2 * settings.hidden + settings.deep_hidden, 64)
            self.read_out = nn.Linear(64, 1)
            nn.init.zeros_(self.read_out.weight)
            nn.init.zeros_(self.read_out.bias)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """`[rows, length]` int64 ids and mask to `[rows, 1]` logits."""
        # So that a row of one token, too, has a place for a query token.
        input_ids = F.pad(input_ids, (0, 1), value=PAD)
        attention_mask = F.pad(attention_mask, (0, 1))
        parts = split(input_ids, attention_mask)
        kinds = self.matcher.kinds[input_ids]
        words = find_words(kinds)
        embedded = self.embedding(input_ids)
        found = self.matcher(input_ids, kinds, parts, words, embedded)
        logits, states = zip(*[member(found) for member in self.members], strict=True)
        logit = sum(logits) / len(logits)
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
        return logit + self.read_out(F.relu(self.read_in(torch.cat([read, states[0]], 1))))
