"""Calls a running server with Python's grpcio and prints what it saw as one JSON object.

Usage: grpcio_client.py ADDRESS DESCRIPTORS, where DESCRIPTORS is a serialized FileDescriptorSet of the contract.
"""

import json
import queue
import sys
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

STREAM_REQUESTS = 1000
STREAM_IN_FLIGHT = 20
SERVICE = "/rerank.v1.RerankService/"


def load_messages(path: str):
    """Returns a function from a message's full name to its class."""
    files = descriptor_pb2.FileDescriptorSet()
    files.ParseFromString(Path(path).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def main() -> None:
    address, descriptors = sys.argv[1:]
    message = load_messages(descriptors)
    request_class = message("rerank.v1.RerankRequest")
    response_class = message("rerank.v1.RerankResponse")
    stream_request_class = message("rerank.v1.RerankStreamRequest")
    stream_response_class = message("rerank.v1.RerankStreamResponse")
    health_request_class = message("grpc.health.v1.HealthCheckRequest")
    health_response_class = message("grpc.health.v1.HealthCheckResponse")

    with grpc.insecure_channel(address) as channel:
        rerank = channel.unary_unary(
            SERVICE + "Rerank",
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString,
        )
        rerank_stream = channel.stream_stream(
            SERVICE + "RerankStream",
            request_serializer=stream_request_class.SerializeToString,
            response_deserializer=stream_response_class.FromString,
        )
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_request_class.SerializeToString,
            response_deserializer=health_response_class.FromString,
        )
        print(
            json.dumps(
                {
                    "health": check(health_request_class(), timeout=30).status,
                    "best": unary(rerank, request_class),
                    "invalid": status_of(lambda: rerank(request_class(documents=["d"]), timeout=30)),
                    "deadline": deadline(rerank, request_class),
                    "cancelled": cancel(rerank, request_class),
                    "stream": stream(rerank_stream, stream_request_class, request_class),
                }
            )
        )


def unary(rerank, request_class) -> list[int]:
    """Returns the index of the best document, and how many were ranked."""
    request = request_class(query="red apple", documents=["blue sky", "a red apple pie", "green"])
    results = rerank(request, timeout=30).results
    return [results[0].index, len(results)]


def status_of(call) -> str:
    try:
        call()
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def large_request(request_class):
    """A request that takes longer than any deadline used here."""
    return request_class(query="q", documents=[f"document {i} " * 200 for i in range(2000)])


def deadline(rerank, request_class) -> str:
    return status_of(lambda: rerank(large_request(request_class), timeout=0.05))


def cancel(rerank, request_class) -> str:
    call = rerank.future(large_request(request_class), timeout=60)
    call.cancel()
    return status_of(call.result) if not call.cancelled() else "CANCELLED"


def stream(rerank_stream, stream_request_class, request_class) -> dict:
    """Keeps STREAM_IN_FLIGHT requests unanswered until all are sent; every tenth is invalid."""
    outgoing: queue.Queue = queue.Queue()

    def request(number: int):
        query = "" if number % 10 == 0 else f"number {number}"
        documents = [f"number {number}", "something else"]
        return stream_request_class(id=str(number), request=request_class(query=query, documents=documents))

    calls = rerank_stream(iter(outgoing.get, None), timeout=120)
    sent = 0
    while sent < STREAM_IN_FLIGHT:
        outgoing.put(request(sent))
        sent += 1
    answered, failed = set(), 0
    for answer in calls:
        answered.add(answer.id)
        failed += answer.WhichOneof("outcome") == "error" and answer.error.code == 3
        if sent < STREAM_REQUESTS:
            outgoing.put(request(sent))
            sent += 1
        elif len(answered) == STREAM_REQUESTS:
            outgoing.put(None)
    return {"answered": len(answered), "invalid": failed, "code": calls.code().name}


if __name__ == "__main__":
    main()
