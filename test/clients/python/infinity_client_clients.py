"""Infinity's own client."""

from infinity_client import Client as InfinityClient
from infinity_client.api.default import rerank as rerank_route
from infinity_client.models import RerankInput

from client import Client


def rerank(call: dict) -> list:
    """Calls Infinity's route."""
    options = {"top_n": call["topN"]} if "topN" in call else {}
    body = RerankInput(query=call["query"], documents=call["documents"], model=call["model"], **options)
    client = InfinityClient(base_url=call["url"], raise_on_unexpected_status=True)
    answer = rerank_route.sync(client=client, body=body)
    return [{"index": one.index, "score": one.relevance_score} for one in answer.results]


CLIENTS = [
    Client(
        "Infinity `Client`",
        "infinity-client",
        rerank,
        without={"documents": "takes a text only where Infinity sends a bare string"},
        mute=["too many documents"],
    )
]
