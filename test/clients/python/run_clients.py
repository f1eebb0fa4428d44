"""Lets the checks call Python clients: a JSON request a line on stdin, a JSON answer a line on stdout.

The first line out lists the clients that can be imported here. Each request then names one of them:
{"client": "…", "call": {"url", "model", "query", "documents", "topN"?, "returnDocuments"?, "retries"?}}.
"""

import json
import os
import sys
from importlib import metadata

os.environ.update(
    {
        "ANONYMIZED_TELEMETRY": "false",
        "DO_NOT_TRACK": "1",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "LANGCHAIN_TRACING_V2": "false",
        "LANGSMITH_TRACING": "false",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_TELEMETRY": "False",
        "TOKENIZERS_PARALLELISM": "false",
    }
)


def stay_local(event: str, arguments: tuple) -> None:
    """Refuses every connection and every look-up of a name beyond loopback."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "unix"
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host not in ("127.0.0.1", "localhost", "::1", "unix", None):
        raise PermissionError(f"a client reaches for {host}")


def main() -> None:
    """Answers until stdin ends."""
    sys.addaudithook(stay_local)
    # What a client prints must not mix with the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    from clients import clients

    listed = [
        {
            "name": client.name,
            "package": client.package,
            "version": metadata.version(client.package),
            "without": client.without,
            "mute": client.mute,
        }
        for client in clients()
    ]
    print(json.dumps(listed), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        client = next(one for one in clients() if one.name == request["client"])
        print(json.dumps(answer(client, request["call"])), file=answers, flush=True)


def answer(client, call: dict) -> dict:
    """Returns what the client ranked, or the error that it raised."""
    try:
        return {"ranks": client.rerank(call)}
    except Exception as error:  # The checks judge what a client raises.
        return {"error": {"type": type(error).__name__, "message": str(error)}}


if __name__ == "__main__":
    main()
