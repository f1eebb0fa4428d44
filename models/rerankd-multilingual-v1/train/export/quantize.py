"""Turns the encoder's products of an exported graph into int8, with scales of activations fixed by calibration.

A fixed scale makes a document's score independent of what else is in its batch, and spares a pass over the
activations. Weights have one scale a column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnxruntime
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

# Products with fewer rows of weights than this stay as they are (the head, and what is added to tokens).
LEAST = 384
LEVELS = 255


@dataclass(frozen=True)
class Product:
    """A product with constant weights [inner, outer], and the node that adds its bias."""

    node: NodeProto
    add: NodeProto
    weights: np.ndarray
    bias: np.ndarray

    @property
    def input(self) -> str:
        return self.node.input[0]


def products(model: ModelProto) -> list[Product]:
    """The encoder's products in the order of the graph."""
    constants = {i.name: i for i in model.graph.initializer}
    users: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    found = []
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.input[1] not in constants:
            continue
        weights = numpy_helper.to_array(constants[node.input[1]])
        (add,) = users[node.output[0]]
        bias = next((name for name in add.input if name in constants), None)
        if weights.ndim == 2 and weights.shape[0] >= LEAST and add.op_type == "Add" and bias:
            found.append(Product(node, add, weights, numpy_helper.to_array(constants[bias])))
    return found


def calibrate(model: ModelProto, feeds: list[dict[str, np.ndarray]], share: float) -> list[tuple[float, float]]:
    """The range of each product's input: the given share of its values lies inside, on average over the feeds."""
    names = [product.input for product in products(model)]
    copy = ModelProto()
    copy.CopyFrom(model)
    copy.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = onnxruntime.InferenceSession(copy.SerializeToString(), providers=["CPUExecutionProvider"])
    bounds = np.zeros((len(names), 2))
    for feed in feeds:
        for i, values in enumerate(session.run(names, feed)):
            bounds[i] += np.quantile(values, (1 - share, share))
    bounds /= len(feeds)
    return [(min(0.0, float(low)), float(high)) for low, high in bounds]


def columns(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights as int8, and the scale of each column.

    Processors without VNNI add two products of neighbours in 16 bits, with saturation. So the scale is such that the
    weights of two neighbours are at most 128 together: 255 * 128 fits, and every processor gives the same sums.
    """
    pairs = np.abs(weights).reshape(-1, 2, weights.shape[1]).sum(1)
    scale = np.maximum(pairs.max(0), 1e-8) / 127
    return np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale.astype(np.float32)


def quantize(model: ModelProto, ranges: list[tuple[float, float]] | None) -> ModelProto:
    """A copy with the products in int8; without `ranges` the scales of activations are taken anew from each input."""
    result = ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    replaced: dict[str, list[NodeProto]] = {}
    dropped: set[str] = set()
    inputs: dict[str, tuple[str, str, str]] = {}
    new: list[TensorProto] = []
    for number, product in enumerate(products(result)):
        nodes: list[NodeProto] = []
        name = product.input
        if name not in inputs:
            inputs[name] = (f"{name}_q", f"{name}_s", f"{name}_z")
            if ranges is None:
                nodes.append(helper.make_node("DynamicQuantizeLinear", [name], list(inputs[name])))
            else:
                low, high = ranges[number]
                scale = max(high - low, 1e-8) / LEVELS
                zero = int(np.clip(np.rint(-low / scale), 0, LEVELS))
                new.append(numpy_helper.from_array(np.float32(scale), inputs[name][1]))
                new.append(numpy_helper.from_array(np.uint8(zero), inputs[name][2]))
                nodes.append(helper.make_node("QuantizeLinear", [name, *inputs[name][1:]], [inputs[name][0]]))
        values, scales = columns(product.weights)
        stem = f"product{number}"
        new += [
            numpy_helper.from_array(values, f"{stem}_weights"),
            numpy_helper.from_array(scales, f"{stem}_scales"),
            numpy_helper.from_array(product.bias.astype(np.float32), f"{stem}_bias"),
        ]
        quantized, scale_name, zero_name = inputs[name]
        nodes.append(
            helper.make_node(
                "MatMulIntegerToFloat",
                [quantized, f"{stem}_weights", scale_name, f"{stem}_scales", zero_name, "", f"{stem}_bias"],
                [product.add.output[0]],
                name=stem,
                domain="com.microsoft",
            )
        )
        replaced[product.add.output[0]] = nodes
        dropped.add(product.node.output[0])
    kept: list[NodeProto] = []
    for node in graph.node:
        if node.output[0] in replaced:
            kept.extend(replaced[node.output[0]])
        elif node.output[0] not in dropped:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    used = {name for node in kept for name in node.input}
    constants = [i for i in graph.initializer if i.name in used] + new
    del graph.initializer[:]
    graph.initializer.extend(constants)
    if not any(opset.domain == "com.microsoft" for opset in result.opset_import):
        result.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return result
