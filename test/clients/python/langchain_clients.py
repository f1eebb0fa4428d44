"""LangChain's document compressor."""

from langchain_cohere import CohereRerank
from langchain_core.documents import Document

from client import Client, all_of


def rerank(call: dict) -> list:
    """Compresses documents with Cohere's client; its retries cannot be turned off."""
    compressor = CohereRerank(model=call["model"], top_n=all_of(call), cohere_api_key="unused", base_url=call["url"])
    documents = [Document(text, metadata={"index": index}) for index, text in enumerate(call["documents"])]
    return [
        {"index": document.metadata["index"], "score": document.metadata["relevance_score"]}
        for document in compressor.compress_documents(documents, call["query"])
    ]


CLIENTS = [
    Client(
        "LangChain `CohereRerank`",
        "langchain-cohere",
        rerank,
        without={"documents": "takes them from the call"},
        mute=["stop"],
    )
]
