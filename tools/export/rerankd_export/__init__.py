"""Exports rerankers to the ONNX folders that rerankd serves."""
