"""Haystack's rankers."""

from haystack import Document
from haystack.utils import Secret
from haystack_integrations.components.rankers.cohere import CohereRanker
from haystack_integrations.components.rankers.huggingface_api import HuggingFaceTEIRanker
from haystack_integrations.components.rankers.jina import JinaRanker

from client import Client, all_of

TIMEOUT = 600
"""Longest wait in seconds. The server knows it, and refuses what takes longer."""

KEY = Secret.from_token("unused")


def rerank_with(create) -> object:
    """Returns a function that ranks with the component that `create` makes from a call."""

    def rerank(call: dict) -> list:
        documents = [Document(content=text, meta={"index": index}) for index, text in enumerate(call["documents"])]
        ranked = create(call).run(query=call["query"], documents=documents)["documents"]
        return [{"index": one.meta["index"], "score": one.score} for one in ranked]

    return rerank


def cohere(call: dict) -> CohereRanker:
    """The ranker of Cohere's API."""
    return CohereRanker(model=call["model"], top_k=all_of(call), api_key=KEY, api_base_url=call["url"])


def jina(call: dict) -> JinaRanker:
    """The ranker of Jina's API."""
    return JinaRanker(model=call["model"], top_k=all_of(call), api_key=KEY, base_url=f"{call['url']}/v1/rerank")


def tei(call: dict) -> HuggingFaceTEIRanker:
    """The ranker of Text Embeddings Inference over HTTP."""
    return HuggingFaceTEIRanker(url=call["url"], top_k=all_of(call), token=None, max_retries=call.get("retries", 2) + 1)


def tei_grpc(call: dict) -> HuggingFaceTEIRanker:
    """The ranker of Text Embeddings Inference over gRPC, which learns the contract by reflection."""
    target = call["url"].removeprefix("http://")
    return HuggingFaceTEIRanker(url=target, top_k=all_of(call), token=None, timeout=TIMEOUT, use_grpc=True)


HAS_DOCUMENTS = {"documents": "takes them from the call"}
TEI = {**HAS_DOCUMENTS, "wrong model": "names no model"}
CLIENTS = [
    Client(
        "Haystack `CohereRanker`",
        "cohere-haystack",
        rerank_with(cohere),
        HAS_DOCUMENTS,
        mute=["stop"],
    ),
    Client("Haystack `JinaRanker`", "jina-haystack", rerank_with(jina), HAS_DOCUMENTS),
    Client("Haystack `HuggingFaceTEIRanker`", "huggingface-api-haystack", rerank_with(tei), TEI),
    Client(
        "Haystack `HuggingFaceTEIRanker`, gRPC",
        "huggingface-api-haystack",
        rerank_with(tei_grpc),
        TEI,
    ),
]
