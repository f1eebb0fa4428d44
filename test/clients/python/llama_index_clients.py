"""LlamaIndex's node postprocessors."""

from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.postprocessor.cohere_rerank import CohereRerank
from llama_index.postprocessor.jinaai_rerank import JinaRerank
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference
from llama_index.postprocessor.xinference_rerank import XinferenceRerank

from client import Client, all_of


def rerank_with(create) -> object:
    """Returns a function that ranks with the postprocessor that `create` makes from a call."""

    def rerank(call: dict) -> list:
        nodes = [
            NodeWithScore(node=TextNode(text=text, id_=str(index))) for index, text in enumerate(call["documents"])
        ]
        ranked = create(call).postprocess_nodes(nodes, QueryBundle(call["query"]))
        return [{"index": int(one.node.node_id), "score": one.score} for one in ranked]

    return rerank


def jina(call: dict) -> JinaRerank:
    """The client of Jina's API."""
    return JinaRerank(top_n=all_of(call), model=call["model"], base_url=f"{call['url']}/v1", api_key="unused")


def cohere(call: dict) -> CohereRerank:
    """The client of Cohere's API."""
    return CohereRerank(
        top_n=all_of(call),
        model=call["model"],
        api_key="unused",
        base_url=call["url"],
        max_retries=call.get("retries", 9) + 1,
    )


def tei(call: dict) -> TextEmbeddingInference:
    """The client of Text Embeddings Inference."""
    return TextEmbeddingInference(top_n=all_of(call), base_url=call["url"])


def xinference(call: dict) -> XinferenceRerank:
    """The client of Xinference."""
    return XinferenceRerank(top_n=all_of(call), model=call["model"], base_url=call["url"])


HAS_DOCUMENTS = {"documents": "takes them from the call"}
PREFIX = "llama-index-postprocessor"
CLIENTS = [
    Client("LlamaIndex `JinaRerank`", f"{PREFIX}-jinaai-rerank", rerank_with(jina), HAS_DOCUMENTS),
    Client(
        "LlamaIndex `CohereRerank`",
        f"{PREFIX}-cohere-rerank",
        rerank_with(cohere),
        HAS_DOCUMENTS,
        mute=["stop"],
    ),
    Client(
        "LlamaIndex `TextEmbeddingInference`",
        f"{PREFIX}-tei-rerank",
        rerank_with(tei),
        {**HAS_DOCUMENTS, "wrong model": "names no model"},
        mute=["too many documents", "oversize body", "overload", "stop"],
    ),
    Client(
        "LlamaIndex `XinferenceRerank`",
        f"{PREFIX}-xinference-rerank",
        rerank_with(xinference),
        HAS_DOCUMENTS,
    ),
]
