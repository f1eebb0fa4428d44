"""What every client of the checks is."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Client:
    """A client from its registry, unmodified."""

    name: str
    package: str
    rerank: Callable[[dict], list]
    """Calls the server and returns [{"index", "score", "text"?}]; raises what the client raises."""
    without: dict = field(default_factory=dict)
    """Checks that do not apply, each with the reason."""
    mute: list = field(default_factory=list)
    """Checks in which the client raises an error that leaves the server's message out."""


def all_of(call: dict) -> int:
    """Returns how many results the call asks for, for clients that need a number."""
    return call.get("topN", len(call["documents"]))


def position_of(text: str, call: dict) -> int:
    """Returns the index of a document, for clients that return the document itself."""
    return call["documents"].index(text)
