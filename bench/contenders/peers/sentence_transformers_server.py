"""sentence-transformers' CrossEncoder behind HTTP, as small as it gets."""

import sys

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import CrossEncoder

model_name, port, max_length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
model = CrossEncoder(model_name, device="cpu", max_length=max_length, activation_fn=torch.nn.Identity())
app = FastAPI()


class RerankRequest(BaseModel):
    query: str
    documents: list[str]


@app.post("/rerank")
def rerank(request: RerankRequest) -> dict:
    pairs = [(request.query, document) for document in request.documents]
    scores = model.predict(pairs, show_progress_bar=False)
    ranked = sorted(enumerate(scores.tolist()), key=lambda item: item[1], reverse=True)
    return {"results": [{"index": i, "relevance_score": score} for i, score in ranked]}


@app.get("/health")
def health() -> dict:
    return {"status": "ok"}


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
