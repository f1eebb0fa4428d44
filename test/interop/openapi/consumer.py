"""Calls a server through the client that openapi-python-client made of its description."""

import json
import sys

from generated import Client
from generated.api.ranking import rerank, rerank_v2
from generated.api.scoring import score_v1
from generated.api.what_is_served import list_models
from generated.models import (
    Error,
    LongDocuments,
    RerankAnswer,
    RerankRequest,
    ScoreRequest,
    TeiRerankRequest,
)

client = Client(base_url=sys.argv[1], timeout=60)

wanted = RerankRequest(
    query="red fruit",
    documents=["a blue car", "a red apple"],
    long_documents=LongDocuments.WINDOWS,
)
ranked = rerank.sync(client=client, body=wanted, x_request_timeout_ms=60000)
assert isinstance(ranked, RerankAnswer), ranked
best = ranked.results[0]

texts = TeiRerankRequest(query="red fruit", texts=["a blue car", "a red apple"])
listed = rerank.sync(client=client, body=texts)
assert isinstance(listed, list), listed

scored = score_v1.sync(client=client, body=ScoreRequest(text_1="red", text_2=["a", "b"]))
models = list_models.sync(client=client)
refused = rerank_v2.sync(client=client, body=RerankRequest(query="", documents=[]))
assert isinstance(refused, Error), refused

print(
    json.dumps(
        {
            "best": best.index,
            "passage": best.passage.end,
            "listed": listed[0].index,
            "scores": len(scored.data),
            "model": models.data[0].id,
            "refused": refused.message,
        }
    )
)
