"""The network: a plain XLM-RoBERTa classifier whose start values already compare words.

Trained from noise on this little text, attention learns slowly that a query's word occurring in the passage
matters. The start values say so instead, and training refines them:

- A piece's embedding is a sum of random vectors of its character n-grams, so related pieces are similar.
- Positions are soft steps (how far into the pair) and waves.
- In the first layer one head looks at the token before, one at the token after, and one at the separators:
  a token learns its neighbours and where the query ends.
- In the second layer queries equal keys: a token attends to itself and to its copies with like neighbours,
  and reads off how far into the pair these stand. One head tells where the separators stand.
- In the third layer one head attends to early positions, which gathers the query's matches.
"""

from __future__ import annotations

import json
import zlib

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

HIDDEN = 128
LAYERS = 4
HEADS = 4
HEAD = HIDDEN // HEADS
POSITIONS = 514
FIRST_POSITION = 2

# What each range of an embedding's dimensions starts out as.
CONTENT = slice(0, 72)
START_FLAG, END_FLAG = 72, 73
STEPS = slice(74, 84)
WAVES = slice(84, 96)
BEFORE = slice(96, 104)
AFTER = slice(104, 112)
MATCHES = slice(112, 122)
SEPARATORS = slice(122, 127)
RARITY = 127

STEP_CENTRES = (4, 7, 11, 16, 24, 36, 60, 100, 180, 320)
WAVE_LENGTHS = (3.0, 5.0, 9.0, 20.0, 60.0, 200.0)
MATCH_GAIN = 1.3
NEIGHBOUR_GAIN = 8.0
GATHER_EARLY, GATHER_RARE, GATHER_GAIN, GATHER_OWN = 1.0, 1.0, 2.0, 1.0
INIT_STD = 0.06


def width(dims: slice) -> int:
    return dims.stop - dims.start


def config(vocab_size: int) -> XLMRobertaConfig:
    return XLMRobertaConfig(
        vocab_size=vocab_size,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * HIDDEN,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=POSITIONS,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        num_labels=1,
        initializer_range=INIT_STD,
    )


def _ngrams(piece: str) -> list[str]:
    """The piece itself, its characters if it has few, and its inner bigrams and trigrams."""
    text = piece.lstrip("▁") or piece
    grams = [f"={text}", f"={text}"]
    if len(text) > 1:
        dense = ord(text[0]) >= 0x2E80
        sizes = (1, 2) if dense else (3, 4)
        padded = text if dense else f"<{text}>"
        grams += [padded[i : i + n] for n in sizes for i in range(len(padded) - n + 1)]
    else:
        grams.append(text)
    return grams


def _gram_vector(gram: str, size: int) -> np.ndarray:
    return np.random.default_rng(zlib.crc32(gram.encode())).standard_normal(size)


def piece_vectors(tokenizer: Tokenizer) -> torch.Tensor:
    """One vector per piece with unit variance in the content dimensions."""
    size = width(CONTENT)
    cache: dict[str, np.ndarray] = {}
    vectors = np.zeros((tokenizer.get_vocab_size(), HIDDEN), np.float32)
    for piece, i in tokenizer.get_vocab().items():
        total = np.zeros(size)
        for gram in _ngrams(piece):
            if gram not in cache:
                cache[gram] = _gram_vector(gram, size)
            weight = 1.0 if gram.startswith("=") else 0.7
            total += weight * cache[gram]
        vectors[i, CONTENT] = total / total.std()
    return torch.from_numpy(vectors)


def rarity(tokenizer: Tokenizer) -> torch.Tensor:
    """How rare each piece is, from the tokenizer's own log probabilities; zero on average."""
    scores = [score for _, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
    rare = -torch.tensor(scores)
    rare[rare == 0] = rare.mean()
    return (rare - rare.mean()) / rare.std()


def position_vectors() -> torch.Tensor:
    """Soft steps at growing distances from the start, and waves of growing length."""
    vectors = torch.zeros(POSITIONS, HIDDEN)
    at = torch.arange(POSITIONS - FIRST_POSITION, dtype=torch.float32)
    steps = [torch.tanh(2.5 * (at - c) / c) for c in STEP_CENTRES]
    waves = []
    for length in WAVE_LENGTHS:
        waves += [torch.sin(2 * torch.pi * at / length), torch.cos(2 * torch.pi * at / length)]
    vectors[FIRST_POSITION:, STEPS] = torch.stack(steps, 1)
    vectors[FIRST_POSITION:, WAVES] = torch.stack(waves, 1)
    return vectors


def _semi_orthogonal(rows: int, cols: int) -> torch.Tensor:
    return torch.nn.init.orthogonal_(torch.empty(rows, cols))


def build(tokenizer: Tokenizer, seed: int = 3) -> XLMRobertaForSequenceClassification:
    """A model with the start values described above."""
    torch.manual_seed(seed)
    model = XLMRobertaForSequenceClassification(config(tokenizer.get_vocab_size()))
    with torch.no_grad():
        embeddings = model.roberta.embeddings
        words = piece_vectors(tokenizer)
        words[:, RARITY] = rarity(tokenizer)
        words[0, START_FLAG] = 4.0
        words[2, END_FLAG] = 4.0
        words[1] = 0.0
        embeddings.word_embeddings.weight.copy_(words)
        embeddings.position_embeddings.weight.copy_(position_vectors())
        embeddings.token_type_embeddings.weight.zero_()
        neighbours, matching, gathering = model.roberta.encoder.layer[:3]
        for layer in (neighbours, matching):
            layer.attention.self.value.weight.mul_(0.3)
            layer.attention.output.dense.weight.mul_(0.3)
        _look_beside(neighbours, head=0, offset=-1, target=BEFORE)
        _look_beside(neighbours, head=1, offset=1, target=AFTER)
        _look_at_separators(neighbours, head=2)
        for head in range(3):
            _look_at_copies(matching, head)
        _look_at_separators(matching, head=3)
        _gather(gathering, head=0)
        head = model.classifier
        head.dense.weight[0] = 0.0
        head.dense.weight[0, MATCHES] = 0.3
        head.out_proj.weight[0, 0] = 2.0
    return model


def _rows(head: int, count: int = HEAD) -> slice:
    return slice(head * HEAD, head * HEAD + count)


def _look_beside(layer: torch.nn.Module, head: int, offset: int, target: slice) -> None:
    """The head attends to the token at `offset` and writes a digest of its content to `target`."""
    attention, rows = layer.attention.self, _rows(head)
    attention.query.weight[rows] = 0.0
    attention.key.weight[rows] = 0.0
    for i, length in enumerate(WAVE_LENGTHS):
        angle = torch.tensor(2 * torch.pi * offset / length)
        sine, cosine = WAVES.start + 2 * i, WAVES.start + 2 * i + 1
        first = rows.start + 2 * i
        attention.query.weight[first, sine] = NEIGHBOUR_GAIN * torch.cos(angle)
        attention.query.weight[first, cosine] = NEIGHBOUR_GAIN * torch.sin(angle)
        attention.query.weight[first + 1, sine] = -NEIGHBOUR_GAIN * torch.sin(angle)
        attention.query.weight[first + 1, cosine] = NEIGHBOUR_GAIN * torch.cos(angle)
        attention.key.weight[first, sine] = 1.0
        attention.key.weight[first + 1, cosine] = 1.0
    digest = _rows(head, width(target))
    attention.value.weight[digest, CONTENT] = _semi_orthogonal(width(target), width(CONTENT))
    layer.attention.output.dense.weight[target, digest] = torch.eye(width(target))


def _look_at_separators(layer: torch.nn.Module, head: int) -> None:
    """The head attends to `</s>` and writes how far into the pair these stand."""
    attention, first = layer.attention.self, _rows(head, width(SEPARATORS))
    attention.query.bias[first.start] = 4.0
    attention.key.weight[first.start, END_FLAG] = 3.0
    summary = torch.eye(width(SEPARATORS)).repeat_interleave(2, 1) / 2
    attention.value.weight[first, STEPS] = summary
    layer.attention.output.dense.weight[SEPARATORS, first] = torch.eye(width(SEPARATORS))


def _look_at_copies(layer: torch.nn.Module, head: int) -> None:
    """The head attends to like tokens among like neighbours and writes how far into the pair they stand."""
    attention, rows = layer.attention.self, _rows(head)
    same = torch.zeros(HEAD, HIDDEN)
    content = HEAD - 8
    same[:content, CONTENT] = _semi_orthogonal(content, width(CONTENT))
    same[content : content + 4, BEFORE] = _semi_orthogonal(4, width(BEFORE))
    same[content + 4 :, AFTER] = _semi_orthogonal(4, width(AFTER))
    for projection in (attention.query, attention.key):
        projection.weight[rows] = projection.weight[rows] * 0.2 + MATCH_GAIN * same
    first = _rows(head, width(MATCHES))
    attention.value.weight[first, STEPS] = torch.eye(width(MATCHES))
    layer.attention.output.dense.weight[MATCHES, first] = 0.5 * torch.eye(width(MATCHES))


def _gather(layer: torch.nn.Module, head: int) -> None:
    """The head attends to early positions and reads how far their copies stand beyond them."""
    attention, first = layer.attention.self, _rows(head, width(MATCHES))
    attention.query.weight[_rows(head)] = 0.0
    attention.key.weight[_rows(head)] = 0.0
    attention.query.bias[first.start] = 3.0
    attention.key.weight[first.start, STEPS] = -GATHER_EARLY
    attention.key.weight[first.start, RARITY] = GATHER_RARE
    attention.value.weight[first] = 0.0
    attention.value.weight[first, MATCHES] = GATHER_GAIN * torch.eye(width(MATCHES))
    attention.value.weight[first, STEPS] = -GATHER_GAIN * GATHER_OWN * torch.eye(width(MATCHES))
    layer.attention.output.dense.weight[MATCHES] = 0.0
    layer.attention.output.dense.weight[MATCHES, first] = torch.eye(width(MATCHES))
