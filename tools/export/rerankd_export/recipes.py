"""How the authors of each language-model reranker put a pair into tokens, and which words make its score.

The names are those of rerankd's built-in templates. The code here is the reference that rerankd is compared with, so it
follows the authors' code and not rerankd's: pieces are tokenized apart where they tokenize them apart.
"""

from collections.abc import Callable
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

QWEN_INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"
QWEN_PREFIX = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
QWEN_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"

MXBAI_PREFIX = (
    "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n"
)
MXBAI_TASK = (
    "You are a search relevance expert who evaluates how well documents match search queries. For each "
    "query-document pair, carefully analyze the semantic relationship between them, then provide your binary "
    "relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:"
)
MXBAI_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n"

BGE_PROMPT = (
    "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing a "
    "prediction of either 'Yes' or 'No'."
)


@dataclass(frozen=True)
class Pair:
    """A query and a document, with the instruction where the model takes one."""

    query: str
    document: str
    instruction: str | None = None


Encode = Callable[[PreTrainedTokenizerBase, Pair, int], list[int]]


@dataclass(frozen=True)
class Recipe:
    """A template of rerankd, and the words of a causal model whose logits are the score."""

    template: str
    # Returns the ids of a pair of at most so many tokens.
    encode: Encode
    # The word whose logit is the score; None for models that are classifiers already.
    true_word: str | None = None
    # The word whose logit is taken off; None where the score is one word's logit.
    false_word: str | None = None
    takes_instruction: bool = False
    # Exact ids on the hub.
    models: tuple[str, ...] = ()


def ids_of(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def encode_qwen3(tokenizer: PreTrainedTokenizerBase, pair: Pair, max_length: int) -> list[int]:
    instruction = pair.instruction or QWEN_INSTRUCTION
    text = f"<Instruct>: {instruction}\n<Query>: {pair.query}\n<Document>: {pair.document}"
    prefix, suffix = ids_of(tokenizer, QWEN_PREFIX), ids_of(tokenizer, QWEN_SUFFIX)
    return prefix + ids_of(tokenizer, text)[: max_length - len(prefix) - len(suffix)] + suffix


def encode_mxbai(tokenizer: PreTrainedTokenizerBase, pair: Pair, max_length: int) -> list[int]:
    head = f"query: {pair.query}"
    if pair.instruction:
        head = f"instruction: {pair.instruction}\n{head}"
    prefix, newline = ids_of(tokenizer, MXBAI_PREFIX), ids_of(tokenizer, "\n")
    tail = newline + ids_of(tokenizer, MXBAI_TASK) + ids_of(tokenizer, MXBAI_SUFFIX)
    # The authors' length is that of query and document, without what is around them.
    texts_length = max_length - len(prefix) - len(tail)
    query = ids_of(tokenizer, head)[: texts_length * 3 // 4]
    room = texts_length - len(query) - len(newline)
    return prefix + query + newline + ids_of(tokenizer, f"document: {pair.document}")[: max(room, 0)] + tail


def encode_bge_gemma(tokenizer: PreTrainedTokenizerBase, pair: Pair, max_length: int) -> list[int]:
    newline = ids_of(tokenizer, "\n")
    tail = newline + ids_of(tokenizer, BGE_PROMPT)
    query = ids_of(tokenizer, f"A: {pair.query}")[: max_length * 3 // 4]
    head = [tokenizer.bos_token_id, *query, *newline]
    room = max_length - len(head) - len(tail)
    return head + ids_of(tokenizer, f"B: {pair.document}")[: max(room, 0)] + tail


def encode_nemotron(tokenizer: PreTrainedTokenizerBase, pair: Pair, max_length: int) -> list[int]:
    text = f"question:{pair.query} \n \n passage:{pair.document}"
    return tokenizer(text, truncation=True, max_length=max_length)["input_ids"]


def encode_zerank(tokenizer: PreTrainedTokenizerBase, pair: Pair, max_length: int) -> list[int]:
    """Cuts the document, so that the end of the template stays, as sentence-transformers restores it."""
    end = ids_of(tokenizer, "<|im_end|>\n<|im_start|>assistant\n")
    text = f"<|im_start|>system\n{pair.query}<|im_end|>\n<|im_start|>user\n{pair.document}"
    return ids_of(tokenizer, text)[: max_length - len(end)] + end


RECIPES = {
    recipe.template: recipe
    for recipe in (
        Recipe(
            "qwen3-reranker",
            encode_qwen3,
            "yes",
            "no",
            takes_instruction=True,
            models=tuple(f"Qwen/Qwen3-Reranker-{size}" for size in ("0.6B", "4B", "8B")),
        ),
        Recipe(
            "mxbai-rerank-v2",
            encode_mxbai,
            "1",
            "0",
            takes_instruction=True,
            models=("mixedbread-ai/mxbai-rerank-base-v2", "mixedbread-ai/mxbai-rerank-large-v2"),
        ),
        Recipe("bge-reranker-v2-gemma", encode_bge_gemma, "Yes", models=("BAAI/bge-reranker-v2-gemma",)),
        Recipe("llama-nemotron-rerank", encode_nemotron, models=("nvidia/llama-nemotron-rerank-1b-v2",)),
        Recipe(
            "zerank",
            encode_zerank,
            "Yes",
            models=("zeroentropy/zerank-1", "zeroentropy/zerank-1-small", "zeroentropy/zerank-2"),
        ),
    )
}


def recipe_of(model: str) -> Recipe | None:
    """Returns the recipe of a model by its exact id on the hub."""
    return next((recipe for recipe in RECIPES.values() if model in recipe.models), None)
