"""LiteLLM's `rerank` with each provider that takes a base URL."""

import litellm

from client import Client

litellm.telemetry = False
litellm.suppress_debug_info = True


def rerank_with(provider: str) -> object:
    """Returns a function that ranks with a provider."""

    def rerank(call: dict) -> list:
        answer = litellm.rerank(
            model=f"{provider}/{call['model']}",
            query=call["query"],
            documents=call["documents"],
            top_n=call.get("topN"),
            return_documents=call.get("returnDocuments", False),
            api_base=call["url"],
            api_key="unused",
        )
        return [
            {
                "index": result["index"],
                "score": result["relevance_score"],
                "text": (result.get("document") or {}).get("text"),
            }
            for result in answer.results
        ]

    return rerank


def client(provider: str, **details) -> Client:
    """Returns the client for a provider."""
    return Client(f"LiteLLM `{provider}/…`", "litellm", rerank_with(provider), **details)


CLIENTS = [
    client("cohere"),
    client("jina_ai"),
    client("hosted_vllm"),
    client("huggingface", without={"wrong model": "names no model"}),
    client("infinity", without={"documents": "takes a text only where Infinity sends a bare string"}),
]
