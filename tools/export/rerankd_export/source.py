"""Opens a reranker as its authors' code runs it: the reference, and what is exported."""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sentence_transformers
import torch
import transformers
from sentence_transformers import CrossEncoder
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerBase,
)

from rerankd_export.graph import CrossEncoderLogits, DecoderLogit
from rerankd_export.recipes import Pair, Recipe

# The longest pair where nobody asks for another length; rerankd's own default.
DEFAULT_MAX_LENGTH = 512
VERSIONS = f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}"


class ExportError(Exception):
    """A model that cannot be exported, or was exported wrongly, in one sentence."""


@dataclass(frozen=True)
class Wish:
    """What the user asks of the export."""

    max_length: int | None = None
    # The template of a language model; None for cross-encoders.
    recipe: Recipe | None = None
    trust_remote_code: bool = False


class Source(ABC):
    """A loaded model."""

    tokenizer: PreTrainedTokenizerBase
    max_length: int
    # What the reference is, with versions.
    reference: str
    # The template that the exported folder names; None for cross-encoders.
    recipe: Recipe | None = None
    # Which of two labels means "relevant"; None for a model with one.
    positive_label: str | None = None

    @abstractmethod
    def score(self, pairs: list[Pair]) -> list[float]:
        """Returns the logits of pairs, as the authors' code computes them."""

    @abstractmethod
    def module(self) -> torch.nn.Module:
        """Returns what computes logits of shape [batch, labels] from the inputs."""

    @abstractmethod
    def features(self, pairs: list[Pair]) -> dict[str, torch.Tensor]:
        """Returns the padded inputs of a batch, by name."""

    def config_changes(self) -> dict[str, Any]:
        """Returns what differs between the exported config.json and the model's; None removes a field."""
        return {}


class CrossEncoderSource(Source):
    """A cross-encoder of sentence-transformers, its modules included."""

    def __init__(self, folder: Path, wish: Wish) -> None:
        self.model = CrossEncoder(
            str(folder),
            device="cpu",
            trust_remote_code=wish.trust_remote_code,
            local_files_only=True,
            model_kwargs={"attn_implementation": "eager", "torch_dtype": torch.float32},
        ).eval()
        self.tokenizer = self.model.tokenizer
        if self.model.num_labels not in (1, 2):
            raise ExportError(f"the model has {self.model.num_labels} labels; a reranker has one, or two")
        self.positive_label = "1" if self.model.num_labels == 2 else None
        self.max_length = wish.max_length or min(DEFAULT_MAX_LENGTH, self._longest())
        self.model.max_length = self.max_length
        self.reference = f"sentence-transformers {sentence_transformers.__version__} CrossEncoder, {VERSIONS}"

    def _longest(self) -> int:
        config = self.model.config
        positions = getattr(config, "max_position_embeddings", None) or DEFAULT_MAX_LENGTH
        # Models of the RoBERTa kind count positions from the padding id plus 1.
        embeddings = [module for name, module in self.model.named_modules() if name.endswith("position_embeddings")]
        offset = (getattr(embeddings[0], "padding_idx", None) or -1) + 1 if embeddings else 0
        return min(self.tokenizer.model_max_length, positions - offset)

    def score(self, pairs: list[Pair]) -> list[float]:
        texts = [(pair.query, pair.document) for pair in pairs]
        scores = self.model.predict(
            texts, activation_fn=torch.nn.Identity(), convert_to_tensor=True, show_progress_bar=False
        )
        logits = scores if scores.ndim == 1 else scores[:, 1] - scores[:, 0]
        return logits.tolist()

    def module(self) -> torch.nn.Module:
        return CrossEncoderLogits(self.model, list(self.features([Pair("a", "b")])))

    def features(self, pairs: list[Pair]) -> dict[str, torch.Tensor]:
        encoded = self.tokenizer(
            [pair.query for pair in pairs],
            [pair.document for pair in pairs],
            padding=True,
            truncation="longest_first",
            max_length=self.max_length,
            return_tensors="pt",
        )
        return {name: encoded[name] for name in ("input_ids", "attention_mask", "token_type_ids") if name in encoded}


class DecoderSource(Source):
    """A language model that judges a pair at its last token: a classifier with one label, or a causal model of which
    two words, or one, are the score."""

    def __init__(self, folder: Path, wish: Wish) -> None:
        if wish.recipe is None:
            raise ExportError("a reranker made from a language model needs --template")
        self.recipe = wish.recipe
        self.tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=wish.trust_remote_code)
        is_causal = is_causal_model(read_config(folder))
        load = AutoModelForCausalLM if is_causal else AutoModelForSequenceClassification
        self.model = load.from_pretrained(
            folder,
            trust_remote_code=wish.trust_remote_code,
            attn_implementation="eager",
            dtype=torch.float32,
        ).eval()
        self.is_causal = is_causal
        if is_causal and self.recipe.true_word is None:
            raise ExportError(f"the template {self.recipe.template} is of a classifier, and this is a causal model")
        if not is_causal and self.model.config.num_labels != 1:
            raise ExportError(f"the model has {self.model.config.num_labels} labels; a reranker has one")
        if getattr(self.model.config, "final_logit_softcapping", None):
            raise ExportError("the model bends its logits (final_logit_softcapping), which one row cannot do")
        positions = getattr(self.model.config, "max_position_embeddings", DEFAULT_MAX_LENGTH)
        self.max_length = wish.max_length or min(DEFAULT_MAX_LENGTH, positions)
        how = "causal model, its authors' template" if is_causal else "classifier, its authors' template"
        self.reference = f"{type(self.model).__name__} as {how}, {VERSIONS}"

    @cached_property
    def pad_id(self) -> int:
        config, tokenizer = self.model.config, self.tokenizer
        for token in (config.pad_token_id, tokenizer.pad_token_id, config.eos_token_id, tokenizer.eos_token_id):
            if isinstance(token, list) and token:
                return token[0]
            if isinstance(token, int) and token >= 0:
                return token
        raise ExportError("neither the model nor its tokenizer has a token to pad with")

    def score(self, pairs: list[Pair]) -> list[float]:
        """Scores pairs one by one, so that padding has no say."""
        logits = []
        for pair in pairs:
            row = torch.tensor([self.recipe.encode(self.tokenizer, pair, self.max_length)])
            with torch.inference_mode():
                answer = self.model(input_ids=row, attention_mask=torch.ones_like(row)).logits[0]
            if not self.is_causal:
                logits.append(answer[-1].item() if answer.ndim == 1 else answer[-1, 0].item())
                continue
            logit = answer[-1, self._word_id(self.recipe.true_word)]
            if self.recipe.false_word is not None:
                logit = logit - answer[-1, self._word_id(self.recipe.false_word)]
            logits.append(logit.item())
        return logits

    def module(self) -> torch.nn.Module:
        row = self._score_row()
        backbone = getattr(self.model, self.model.base_model_prefix)
        return DecoderLogit(backbone, row)

    def _score_row(self) -> torch.Tensor:
        """Returns the weights of the one logit: the true word's row of the head less the false word's."""
        if not self.is_causal:
            return self.model.score.weight.detach()[0]
        head = self.model.get_output_embeddings()
        row = head.weight.detach()[self._word_id(self.recipe.true_word)].float()
        if self.recipe.false_word is not None:
            row = row - head.weight.detach()[self._word_id(self.recipe.false_word)].float()
        if getattr(head, "bias", None) is not None:
            raise ExportError("the head of the model has a bias, which no known reranker of this kind has")
        return row

    def _word_id(self, word: str | None) -> int:
        ids = self.tokenizer(word, add_special_tokens=False)["input_ids"]
        if len(ids) != 1:
            raise ExportError(f"the word {word!r} is no single token of this tokenizer")
        return ids[0]

    def features(self, pairs: list[Pair]) -> dict[str, torch.Tensor]:
        rows = [self.recipe.encode(self.tokenizer, pair, self.max_length) for pair in pairs]
        longest = max(len(row) for row in rows)
        return {
            "input_ids": torch.tensor([row + [self.pad_id] * (longest - len(row)) for row in rows]),
            "attention_mask": torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows]),
        }

    def config_changes(self) -> dict[str, Any]:
        name = type(self.model).__name__.replace("ForCausalLM", "ForSequenceClassification")
        return {
            "architectures": [name],
            "id2label": {"0": "LABEL_0"},
            "label2id": {"LABEL_0": 0},
            "num_labels": None,
            "pad_token_id": self.pad_id,
            "use_cache": False,
        }


def read_config(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def is_causal_model(config: dict[str, Any]) -> bool:
    return any(name.endswith("ForCausalLM") for name in config.get("architectures") or [])


def open_source(folder: Path, wish: Wish) -> Source:
    """Opens the model of a folder. Raises ExportError where it is none that can be served."""
    config = AutoConfig.from_pretrained(folder, trust_remote_code=wish.trust_remote_code)
    if config.is_encoder_decoder:
        raise ExportError("the model is an encoder and a decoder, which rerankd does not serve")
    if wish.recipe is not None:
        return DecoderSource(folder, wish)
    if is_causal_model(read_config(folder)):
        raise ExportError("a causal language model needs --template: without its words its scores mean nothing")
    return CrossEncoderSource(folder, wish)
