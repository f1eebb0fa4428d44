"""A plain gRPC client of Text Embeddings Inference's contract."""

import os
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from client import Client

TIMEOUT = 600
"""Longest wait in seconds. The server knows it, and refuses what takes longer."""


def message_class(name: str):
    """Returns the class of a message, from the descriptors that the checks hand over."""
    files = descriptor_pb2.FileDescriptorSet()
    files.ParseFromString(Path(os.environ["CONTRACT_DESCRIPTORS"]).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def rerank(call: dict) -> list:
    """Calls `tei.v1.Rerank`."""
    request_class = message_class("tei.v1.RerankRequest")
    response_class = message_class("tei.v1.RerankResponse")
    request = request_class(
        query=call["query"],
        texts=call["documents"],
        truncate=True,
        return_text=call.get("returnDocuments", False),
    )
    with grpc.insecure_channel(call["url"].removeprefix("http://")) as channel:
        method = channel.unary_unary(
            "/tei.v1.Rerank/Rerank",
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString,
        )
        ranks = method(request, timeout=TIMEOUT).ranks
    return [
        {
            "index": rank.index,
            "score": rank.score,
            "text": rank.text if rank.HasField("text") else None,
        }
        for rank in ranks
    ]


CLIENTS = [
    Client(
        "`tei.v1` over grpcio",
        "grpcio",
        rerank,
        without={"wrong model": "names no model", "top_n": "the contract has no such field"},
    )
]
