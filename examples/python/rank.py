"""Ranks documents with rerankd over gRPC: python rank.py QUERY DOCUMENT..."""

import os
import sys

import grpc
from rerank.v1.rerank_service_pb2 import RerankRequest
from rerank.v1.rerank_service_pb2_grpc import RerankServiceStub

# Seconds that a call may take. The server refuses at once what it cannot answer by then.
TIMEOUT_S = 10


def main(query: str, documents: list[str]) -> int:
    address = os.environ.get("RERANKER_ADDRESS", "localhost:7998")
    key = os.environ.get("RERANKER_API_KEY")
    metadata = [("authorization", f"Bearer {key}")] if key else []
    request = RerankRequest(query=query, documents=documents)
    with grpc.insecure_channel(address) as channel:
        try:
            answer = RerankServiceStub(channel).Rerank(request, timeout=TIMEOUT_S, metadata=metadata)
        except grpc.RpcError as error:
            print(f"{error.code().name}: {error.details()}", file=sys.stderr)
            return 1
    for result in answer.results:
        print(f"{result.relevance_score:.3f} {documents[result.index]}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python rank.py QUERY DOCUMENT...")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
