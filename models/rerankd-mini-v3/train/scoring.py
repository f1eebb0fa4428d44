"""Scores encoded rows in batches of similar length."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from lists import pad_rows
from settings import END, PAD


def chunks(rows: list[np.ndarray], most: int) -> list[list[int]]:
    """Row numbers in groups of similar queries and length, each of at most `most` padded tokens."""
    lengths = [len(row) for row in rows]
    doublings = [int(np.argmax(row == END)).bit_length() for row in rows]
    order = sorted(range(len(rows)), key=lambda i: (doublings[i], lengths[i]))
    groups: list[list[int]] = []
    for row in order:
        fits = groups and (len(groups[-1]) + 1) * lengths[row] <= most
        if fits and doublings[groups[-1][0]] == doublings[row] and lengths[groups[-1][0]] * 3 > lengths[row]:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def score_rows(model: nn.Module, rows: list[np.ndarray], most: int) -> Tensor:
    """The rows' logits `[rows]` in order."""
    groups = chunks(rows, most)
    parts = []
    for group in groups:
        ids = torch.from_numpy(pad_rows([rows[i] for i in group]))
        parts.append(model(ids, (ids != PAD).long())[:, 0])
    back = torch.empty(len(rows), dtype=torch.long)
    back[torch.tensor([i for group in groups for i in group])] = torch.arange(len(rows))
    return torch.cat(parts).float()[back]
