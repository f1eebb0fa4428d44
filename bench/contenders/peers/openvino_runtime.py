"""OpenVINO's runtime behind HTTP, without a tokenizer or a queue.

`POST /run` takes batches of token ids, each of documents of equal length, and answers with their logits.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy
import openvino

path, port, threads, streams = sys.argv[1], *(int(value) for value in sys.argv[2:5])
compiled = openvino.Core().compile_model(
    path,
    "CPU",
    {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        # Else bfloat16 where the processor has it, and the scores are others.
        "INFERENCE_PRECISION_HINT": "f32",
        # Else each contender would hold cores of its own.
        "ENABLE_CPU_PINNING": False,
    },
)
names = {name for entry in compiled.inputs for name in entry.names}
queue = openvino.AsyncInferQueue(compiled, streams)
answers: dict[int, list[float]] = {}


def keep(request, place):
    answers[place] = request.get_output_tensor(0).data.reshape(-1).tolist()


queue.set_callback(keep)


def run(batches: list[list[list[int]]]) -> list[list[float]]:
    answers.clear()
    for place, batch in enumerate(batches):
        ids = numpy.array(batch, dtype=numpy.int64)
        feeds = {"input_ids": ids, "attention_mask": numpy.ones_like(ids)}
        if "token_type_ids" in names:
            feeds["token_type_ids"] = numpy.zeros_like(ids)
        queue.start_async(feeds, place)
    queue.wait_all()
    return [answers[place] for place in range(len(batches))]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer({"status": "ok"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.answer({"logits": run(json.loads(body)["batches"])})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", port), Handler).serve_forever()
