"""The Python clients, each behind one function from a call to its ranks."""

import importlib

from client import Client

MODULES = {
    "cohere": "cohere_clients",
    "langchain_cohere": "langchain_clients",
    "llama_index.core": "llama_index_clients",
    "haystack": "haystack_clients",
    "infinity_client": "infinity_client_clients",
    "litellm": "litellm_clients",
    "grpc": "tei_grpc_client",
}
"""Each package with the module here that needs it."""


def clients() -> list[Client]:
    """Returns the clients whose packages are installed here."""
    found = [module for package, module in MODULES.items() if is_installed(package)]
    return [client for name in found for client in importlib.import_module(name).CLIENTS]


def is_installed(package: str) -> bool:
    """Says whether a package can be imported."""
    try:
        importlib.import_module(package)
    except ModuleNotFoundError:
        return False
    return True
