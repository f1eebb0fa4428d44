"""Writes the tiny ONNX graphs that the tests of src/inference run.

    pip install onnx==1.23.2 numpy
    python scripts/make-inference-fixtures.py test/fixtures/inference

Each graph has the shape of a reranker (token ids in, one logit per row out) and a result that a test can compute by
hand: the sum of the ids under the mask, divided by 100.
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

OPSET = 17
IR_VERSION = 8
INT64, INT32, FLOAT, FLOAT16 = TensorProto.INT64, TensorProto.INT32, TensorProto.FLOAT, TensorProto.FLOAT16


def constant(name, value, dtype):
    return numpy_helper.from_array(np.array(value, dtype=dtype), name)


def graph_input(name, dtype=INT64, shape=("batch", "sequence")):
    return helper.make_tensor_value_info(name, dtype, list(shape))


def graph_output(name="logits", dtype=FLOAT, shape=("batch", 1)):
    return helper.make_tensor_value_info(name, dtype, list(shape))


IDS, MASK, TYPES = (graph_input(n) for n in ("input_ids", "attention_mask", "token_type_ids"))
AXIS_1 = constant("axis_1", [1], np.int64)
HUNDRED = constant("hundred", 100, np.float32)


def masked_sum(output, mask="attention_mask", keepdims=1):
    """Nodes for sum(ids * mask, axis 1) / 100, as float32."""
    masked = [helper.make_node("Mul", ["input_ids", mask], ["masked"])] if mask else []
    return [
        *masked,
        helper.make_node("Cast", ["masked" if mask else "input_ids"], ["as_float"], to=FLOAT),
        helper.make_node("ReduceSum", ["as_float", "axis_1"], ["sum"], keepdims=keepdims),
        helper.make_node("Div", ["sum", "hundred"], [output]),
    ]


def write(folder, name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, [AXIS_1, HUNDRED, *initializers])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    checker.check_model(model, full_check=True)
    save(model, folder / f"{name}.onnx")


def sums(folder):
    write(folder, "sum", masked_sum("logits"), [IDS, MASK], [graph_output()])
    write(folder, "sum-flat", masked_sum("logits", keepdims=0), [IDS, MASK], [graph_output(shape=("batch",))])
    write(folder, "sum-other-output-name", masked_sum("score"), [IDS, MASK], [graph_output("score")])
    write(
        folder,
        "sum-int32-inputs",
        masked_sum("logits"),
        [graph_input("input_ids", INT32), graph_input("attention_mask", INT32)],
        [graph_output()],
    )
    to_half = helper.make_node("Cast", ["wide"], ["logits"], to=FLOAT16)
    write(folder, "sum-fp16", [*masked_sum("wide"), to_half], [IDS, MASK], [graph_output(dtype=FLOAT16)])
    to_int = helper.make_node("Cast", ["wide"], ["logits"], to=INT64)
    write(folder, "sum-int64-output", [*masked_sum("wide"), to_int], [IDS, MASK], [graph_output(dtype=INT64)])


def more_outputs(folder):
    triple = helper.make_node("Concat", ["one", "one", "one"], ["logits"], axis=1)
    write(folder, "three-labels", [*masked_sum("one"), triple], [IDS, MASK], [graph_output(shape=("batch", 3))])
    # The first id of the batch says how many labels come out, so that no shape inference can know it.
    labels_from_data = [
        *masked_sum("one"),
        helper.make_node("Shape", ["one"], ["batch_and_one"]),
        helper.make_node("Gather", ["batch_and_one", "zero_vector"], ["batch"], axis=0),
        helper.make_node("Gather", ["input_ids", "zero_index"], ["first_row"], axis=0),
        helper.make_node("Gather", ["first_row", "zero_vector"], ["labels"], axis=0),
        helper.make_node("Concat", ["batch", "labels"], ["shape"], axis=0),
        helper.make_node("Expand", ["one", "shape"], ["logits"]),
    ]
    write(
        folder,
        "labels-from-first-id",
        labels_from_data,
        [IDS, MASK],
        [graph_output(shape=("batch", "labels"))],
        [constant("zero_index", 0, np.int64), constant("zero_vector", [0], np.int64)],
    )
    extra = helper.make_node("Neg", ["logits"], ["hidden"])
    write(folder, "two-outputs", [*masked_sum("logits"), extra], [IDS, MASK], [graph_output("hidden"), graph_output()])
    unclear = helper.make_node("Neg", ["first"], ["second"])
    write(
        folder,
        "two-outputs-no-logits",
        [*masked_sum("first"), unclear],
        [IDS, MASK],
        [graph_output("first"), graph_output("second")],
    )


def other_inputs(folder):
    # 1,000 for each token of segment 1, so that a wrong segment id cannot hide.
    with_types = [
        *masked_sum("ids_part"),
        helper.make_node("Cast", ["token_type_ids"], ["types_as_float"], to=FLOAT),
        helper.make_node("ReduceSum", ["types_as_float", "axis_1"], ["types_sum"], keepdims=1),
        helper.make_node("Mul", ["types_sum", "thousand"], ["types_part"]),
        helper.make_node("Add", ["ids_part", "types_part"], ["logits"]),
    ]
    write(
        folder, "type-ids", with_types, [IDS, MASK, TYPES], [graph_output()], [constant("thousand", 1000, np.float32)]
    )
    with_positions = [
        helper.make_node("Add", ["attention_mask", "position_ids"], ["mask_and_positions"]),
        *masked_sum("logits", mask="mask_and_positions"),
    ]
    write(folder, "position-ids", with_positions, [IDS, MASK, graph_input("position_ids")], [graph_output()])
    write(folder, "no-mask", masked_sum("logits", mask=None), [IDS], [graph_output()])
    write(
        folder,
        "fixed-shape",
        masked_sum("logits"),
        [graph_input("input_ids", shape=(1, 8)), graph_input("attention_mask", shape=(1, 8))],
        [graph_output(shape=(1, 1))],
    )


def misbehaving(folder):
    # Any row that holds id 7 scores NaN.
    nan_on_7 = [
        helper.make_node("Equal", ["input_ids", "seven"], ["is_seven"]),
        helper.make_node("Where", ["is_seven", "nan", "zero"], ["nans"]),
        helper.make_node("ReduceSum", ["nans", "axis_1"], ["nan_part"], keepdims=1),
        *masked_sum("sum_part"),
        helper.make_node("Add", ["sum_part", "nan_part"], ["logits"]),
    ]
    write(
        folder,
        "nan-on-7",
        nan_on_7,
        [IDS, MASK],
        [graph_output()],
        [constant("seven", 7, np.int64), constant("nan", np.nan, np.float32), constant("zero", 0, np.float32)],
    )
    # A vocabulary of 10 ids: any other id fails inside the runtime.
    embed = [
        helper.make_node("Gather", ["embeddings", "input_ids"], ["embedded"], axis=0),
        helper.make_node("Cast", ["attention_mask"], ["mask_as_float"], to=FLOAT),
        helper.make_node("Mul", ["embedded", "mask_as_float"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "axis_1"], ["logits"], keepdims=1),
    ]
    write(
        folder,
        "vocabulary-of-10",
        embed,
        [IDS, MASK],
        [graph_output()],
        [constant("embeddings", np.arange(10) / 100, np.float32)],
    )


def slow(folder):
    """The first id of the batch is how many 512x512 matrix products a run computes."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["keep_going_in"], ["keep_going_out"]),
            helper.make_node("MatMul", ["matrix_in", "matrix_in"], ["product"]),
            helper.make_node("Tanh", ["product"], ["matrix_out"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("iteration", INT64, []),
            helper.make_tensor_value_info("keep_going_in", TensorProto.BOOL, []),
            helper.make_tensor_value_info("matrix_in", FLOAT, [512, 512]),
        ],
        [
            helper.make_tensor_value_info("keep_going_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("matrix_out", FLOAT, [512, 512]),
        ],
    )
    nodes = [
        *masked_sum("sum_part"),
        helper.make_node("Gather", ["input_ids", "zero_index"], ["first_row"], axis=0),
        helper.make_node("Gather", ["first_row", "zero_index"], ["trips"], axis=0),
        helper.make_node("ReduceMin", ["sum_part"], ["smallest"], keepdims=0),
        helper.make_node("Expand", ["smallest", "matrix_shape"], ["matrix"]),
        helper.make_node("Loop", ["trips", "true", "matrix"], ["last_matrix"], body=body),
        helper.make_node("ReduceMax", ["last_matrix"], ["largest"], keepdims=0),
        helper.make_node("Mul", ["largest", "zero"], ["nothing"]),
        helper.make_node("Add", ["sum_part", "nothing"], ["logits"]),
    ]
    write(
        folder,
        "slow",
        nodes,
        [IDS, MASK],
        [graph_output()],
        [
            constant("zero_index", 0, np.int64),
            constant("matrix_shape", [512, 512], np.int64),
            constant("true", True, np.bool_),
            constant("zero", 0, np.float32),
        ],
    )


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for make in (sums, more_outputs, other_inputs, misbehaving, slow):
        make(folder)


main()
