"""Cohere's own clients."""

import cohere

from client import Client


def rerank_v1(call: dict) -> list:
    """Calls the first version of the API."""
    client = cohere.Client(api_key="unused", base_url=call["url"])
    options = {"return_documents": call["returnDocuments"]} if "returnDocuments" in call else {}
    results = client.rerank(
        model=call["model"],
        query=call["query"],
        documents=call["documents"],
        top_n=call.get("topN"),
        request_options=retries_of(call),
        **options,
    ).results
    return [
        {
            "index": result.index,
            "score": result.relevance_score,
            "text": result.document.text if result.document else None,
        }
        for result in results
    ]


def rerank_v2(call: dict) -> list:
    """Calls the second version of the API."""
    client = cohere.ClientV2(api_key="unused", base_url=call["url"])
    options = {"top_n": call["topN"]} if "topN" in call else {}
    results = client.rerank(
        model=call["model"],
        query=call["query"],
        documents=call["documents"],
        request_options=retries_of(call),
        **options,
    ).results
    return [{"index": result.index, "score": result.relevance_score} for result in results]


def retries_of(call: dict) -> dict:
    """Returns the options that turn retries off where the call asks for it."""
    return {"max_retries": call["retries"]} if "retries" in call else {}


CLIENTS = [
    Client("`Client`", "cohere", rerank_v1),
    Client("`ClientV2`", "cohere", rerank_v2, without={"documents": "the API has no such field"}),
]
