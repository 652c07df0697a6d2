#!/usr/bin/env python3
"""Write ONNX files that no importer may accept, or trip over: tests/data/import/hostile.

Each is a small sane model with one thing wrong, as its name says.
"""

import argparse
import pathlib

import numpy as np
from onnx import AttributeProto, TensorProto, helper, numpy_helper

QONNX = "qonnx.custom_op.general"
WEIGHT = np.arange(12, dtype=np.float32).reshape(4, 3) / 8


def const(name, value, dtype=np.float32):
    """An initializer."""
    return numpy_helper.from_array(np.asarray(value, dtype), name)


def tensor(name, dims, kind=TensorProto.FLOAT):
    """An initializer of these dimensions without any data."""
    result = TensorProto(name=name, data_type=kind)
    result.dims.extend(dims)
    return result


def model(nodes, constants=(), shape=(1, 4), out=(1, 3), opset=13, inputs=None, outputs=None):
    """A model of these nodes, from x to y."""
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)] if inputs is None else inputs
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)] if outputs is None else outputs
    graph = helper.make_graph(nodes, "hostile", inputs, outputs, list(constants))
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset),
                                                                 helper.make_opsetid(QONNX, 1)])


def node(op, inputs, outputs="y", domain="", **attributes):
    """A node; names separated by blanks."""
    return helper.make_node(op, inputs.split(" "), outputs.split(" "), domain=domain, **attributes)


def quant(**change):
    """A quantizer with one number replaced."""
    values = {"scale": 0.25, "zero": 0.0, "bits": 6.0, **change}
    attributes = {"signed": 1, "narrow": 0, "rounding_mode": values.pop("mode", "ROUND")}
    return model([node("Quant", "x scale zero bits", domain=QONNX, **attributes)],
                 [const(k, v) for k, v in values.items()], out=(1, 4))


def external(location):
    """Weights in another file."""
    weight = tensor("w", [4, 3])
    weight.data_location = TensorProto.EXTERNAL
    entry = weight.external_data.add()
    entry.key, entry.value = "location", location
    return model([node("MatMul", "x w")], [weight])


def nested(depth):
    """An If in an If in an If."""
    graph = helper.make_graph([node("Identity", "x")], "g", [], [])
    for _ in range(depth):
        branch = helper.make_node("If", ["c"], ["y"], then_branch=graph, else_branch=helper.make_graph([], "e", [], []))
        graph = helper.make_graph([branch], "g", [], [])
    return model(list(graph.node), [const("c", True, bool)])


def short_data():
    """Fewer bytes than the dimensions ask for."""
    weight = const("w", WEIGHT)
    weight.raw_data = weight.raw_data[:-5]
    return model([node("MatMul", "x w")], [weight])


def wrong_attribute():
    """A number where a list is expected."""
    bad = node("Transpose", "x")
    bad.attribute.append(AttributeProto(name="perm", type=AttributeProto.FLOAT, f=1.0))
    return model([bad])


def cases():
    """Models by name."""
    weight, ints = const("w", WEIGHT), lambda name, *v: const(name, v, np.int64)
    matmul = node("MatMul", "x w")
    info = helper.make_tensor_value_info
    yield "huge_dims", model([matmul], [tensor("w", [1 << 20, 1 << 20])])
    yield "overflowing_dims", model([matmul], [tensor("w", [1 << 33, 1 << 33, 4])])
    yield "negative_dims", model([matmul], [tensor("w", [-4, -3])])
    yield "zero_dims", model([matmul], [tensor("w", [4, 0])], out=(1, 0))
    yield "huge_input", model([node("Relu", "x")], shape=(1, 1 << 40), out=(1, 1 << 40))
    yield "negative_input", model([node("Relu", "x")], shape=(1, -4), out=(1, -4))
    yield "input_without_shape", model([node("Relu", "x")], inputs=[info("x", TensorProto.FLOAT, None)])
    yield "input_of_strings", model([node("Relu", "x")], inputs=[info("x", TensorProto.STRING, (1, 4))])
    yield "no_input", model([node("Relu", "w")], [weight], inputs=[])
    yield "no_output", model([matmul], [weight], outputs=[])
    yield "empty_graph", model([], inputs=[], outputs=[])
    yield "only_input", model([], outputs=[info("x", TensorProto.FLOAT, (1, 4))])
    yield "cycle", model([node("Add", "x b", "a"), node("Relu", "a", "b"), node("MatMul", "b w")], [weight])
    yield "own_input", model([node("Add", "x y", "y")])
    yield "missing_initializer", model([node("MatMul", "x nowhere")])
    yield "duplicate_results", model([node("Relu", "x", "a"), node("Tanh", "x", "a"), node("MatMul", "a w")], [weight])
    yield "duplicate_initializers", model([matmul], [weight, const("w", WEIGHT * 2)])
    yield "result_shadows_input", model([node("Relu", "x", "x"), matmul], [weight])
    yield "no_inputs_of_node", model([helper.make_node("MatMul", [], ["y"])])
    yield "too_few_inputs", model([helper.make_node("MatMul", ["x"], ["y"])])
    yield "too_many_inputs", model([node("Relu", "x x x")])
    yield "empty_names", model([helper.make_node("Relu", [""], [""])])
    yield "unknown_op", model([node("Frobnicate", "x")])
    yield "unknown_domain", model([node("Relu", "x", domain="com.example")])
    yield "opset_zero", model([matmul], [weight], opset=0)
    yield "opset_far_future", model([matmul], [weight], opset=1 << 40)
    yield "rank3_weight", model([matmul], [const("w", np.zeros((2, 4, 3)))])
    yield "scalar_weight", model([matmul], [const("w", 1.0)])
    yield "wrong_size_weight", model([matmul], [const("w", np.zeros((5, 3)))])
    yield "wrong_size_bias", model([node("Gemm", "x w b")], [weight, const("b", np.zeros(7))])
    yield "rank3_gemm", model([node("Gemm", "x w")], [const("w", np.zeros((4, 3, 2)))])
    yield "short_data", short_data()
    yield "nan_weight", model([matmul], [const("w", WEIGHT * np.nan)])
    yield "infinite_weight", model([matmul], [const("w", WEIGHT / 0.0)])
    yield "string_weight", model([matmul], [helper.make_tensor("w", TensorProto.STRING, (4, 3), [b"a"] * 12)])
    yield "unknown_data_type", model([matmul], [tensor("w", [4, 3], 99)])
    yield "external_outside", external("../../../../../../etc/hostname")
    yield "external_absolute", external("/etc/hostname")
    yield "external_missing", external("nowhere.bin")
    yield "deep_nesting", nested(40)
    yield "reshape_two_open", model([node("Reshape", "x s")], [ints("s", -1, -1)])
    yield "reshape_wrong_size", model([node("Reshape", "x s")], [ints("s", 1, 5)])
    yield "reshape_huge", model([node("Reshape", "x s")], [ints("s", 1 << 40, -1)])
    yield "transpose_wrong", model([node("Transpose", "x", perm=[0, 7])])
    yield "transpose_double", model([node("Transpose", "x", perm=[1, 1])])
    yield "transpose_attribute", wrong_attribute()
    yield "slice_step_zero", model([node("Slice", "x a b c d")], [ints("a", 0), ints("b", 2), ints("c", 1), ints("d", 0)])
    yield "slice_axis", model([node("Slice", "x a b c")], [ints("a", 0), ints("b", 2), ints("c", 9)])
    yield "split_sizes", model([node("Split", "x s", "y z", axis=1)], [ints("s", 3, 9)])
    yield "split_huge", model([node("Split", "x s", "y z", axis=1)], [ints("s", 1 << 62, 1 << 62)])
    yield "gather_index", model([node("Gather", "x i", axis=1)], [ints("i", 1 << 40)])
    yield "concat_axis", model([node("Concat", "x x", axis=-9)])
    yield "concat_no_axis", model([node("Concat", "x x")])
    yield "expand_huge", model([node("Expand", "x s")], [ints("s", 1 << 30, 1 << 30)])
    yield "constant_of_shape_huge", model([node("ConstantOfShape", "s", "w"), matmul], [ints("s", 1 << 30, 1 << 30)])
    yield "constant_without_value", model([helper.make_node("Constant", [], ["w"]), matmul])
    yield "squeeze_axis", model([node("Squeeze", "x a")], [ints("a", 1)])
    yield "flatten_axis", model([node("Flatten", "x", axis=1 << 40)])
    yield "softmax_axis", model([node("Softmax", "x", axis=77)])
    yield "einsum_garbage", model([node("Einsum", "x w", equation="ab,bc->>ac,")], [weight])
    yield "einsum_empty", model([node("Einsum", "x w", equation="")], [weight])
    yield "batch_norm_sizes", model([node("BatchNormalization", "x w b b b")], [const("w", np.ones(4)), const("b", [1.0])],
                                    out=(1, 4))
    yield "batch_norm_variance", model([node("BatchNormalization", "x o o o v")],
                                       [const("o", np.ones(4)), const("v", -np.ones(4))], out=(1, 4))
    yield "scale_zero", quant(scale=0.0)
    yield "scale_negative", quant(scale=-0.5)
    yield "scale_nan", quant(scale=np.nan)
    yield "scale_tiny", quant(scale=1e-45)
    yield "scale_sizes", quant(scale=[0.1] * 7)
    yield "bits_zero", quant(bits=0.0)
    yield "bits_negative", quant(bits=-3.0)
    yield "bits_many", quant(bits=1e9)
    yield "bits_fraction", quant(bits=3.7)
    yield "bits_nan", quant(bits=np.nan)
    yield "zero_infinite", quant(zero=np.inf)
    yield "zero_huge", quant(zero=3e38)
    yield "rounding_unknown", quant(mode="SIDEWAYS\nand on another line")
    yield "quant_too_few", model([node("Quant", "x w", domain=QONNX)], [weight])
    yield "q_without_dq", model([node("QuantizeLinear", "x s z")], [const("s", 0.1), const("z", 3, np.uint8)])
    yield "newlines_in_names", model([node("MatMul", "x w\n\r\x1b[31m")])
    yield "long_names", model([node("MatMul", "x " + "w" * 20000)])


def main():
    """Write all files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent / "hostile")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    with np.errstate(all="ignore"):
        for name, made in cases():
            (args.output / f"{name}.onnx").write_bytes(made.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
