"""Scores encoded rows in batches of similar length."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from lists import pad_rows
from settings import PAD


def chunks(lengths: list[int], most: int) -> list[list[int]]:
    """Row numbers in groups of similar length, each of at most `most` padded tokens."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    groups: list[list[int]] = []
    for row in order:
        if groups and (len(groups[-1]) + 1) * lengths[row] <= most:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def score_rows(model: nn.Module, rows: list[np.ndarray], most: int) -> Tensor:
    """The rows' logits `[rows]` in order."""
    groups = chunks([len(row) for row in rows], most)
    parts = []
    for group in groups:
        ids = torch.from_numpy(pad_rows([rows[i] for i in group]))
        parts.append(model(ids, (ids != PAD).long())[:, 0])
    back = torch.empty(len(rows), dtype=torch.long)
    back[torch.tensor([i for group in groups for i in group])] = torch.arange(len(rows))
    return torch.cat(parts).float()[back]
