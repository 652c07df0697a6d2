#!/usr/bin/env python3
"""Write the small ONNX and QONNX models of tests/data/import/onnx.

Seeded: the same bytes on every run.  What each one is for stands at its
function; what they compute is what qonnx_forward.py says.
"""

import argparse
import pathlib

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

QONNX = "qonnx.custom_op.general"
BREVITAS = "onnx.brevitas"


class Net:
    """Collects the nodes of a graph; tensors are handed around by name."""

    def __init__(self, shape, name="x"):
        self.nodes, self.constants, self.count = [], [], 0
        self.inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]

    def more_input(self, name, shape):
        """Add another input of the graph."""
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def const(self, value, dtype=np.float32):
        """Add an initializer."""
        self.count += 1
        name = f"c{self.count}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def op(self, kind, *inputs, outputs=1, domain="", **attributes):
        """Add a node; numbers and arrays among the inputs become float constants."""
        names = [i if isinstance(i, str) else self.const(i) for i in inputs]
        self.count += 1
        results = [f"{kind.lower()}{self.count}" + (f"_{i}" if outputs > 1 else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, names, results, name=f"{kind}_{self.count}", domain=domain,
                                           **attributes))
        return results[0] if outputs == 1 else results

    def quant(self, x, scale, bits, signed=1, narrow=0, zero=0.0, mode="ROUND", domain=QONNX):
        """Add a QONNX quantizer."""
        return self.op("Quant", x, scale, zero, float(bits), domain=domain, signed=signed, narrow=narrow,
                       rounding_mode=mode)

    def save(self, path, output, shape, opset=14, domains=((QONNX, 1),)):
        """Write the graph with one output."""
        info = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, path.stem, self.inputs, [info], self.constants)
        opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, v) for d, v in domains]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="make_onnx_models", ir_version=8)
        if not domains:
            checker.check_model(model)
        path.write_bytes(model.SerializeToString(deterministic=True))


def generator(name):
    """Random numbers of a model, whatever else is made."""
    return np.random.default_rng([ord(c) for c in name])


def batch_norm(net, rng, x, width):
    """Add a trained-looking batch normalization."""
    return net.op("BatchNormalization", x, rng.uniform(0.5, 2.0, width), rng.normal(0, 0.4, width),
                  rng.normal(0, 0.5, width), rng.uniform(0.3, 3.0, width), epsilon=1e-5, momentum=0.9)


def jet_tagger(path):
    """MLP 16-64-32-32-5 of 6 bits: all scales powers of two, those of the weights per channel."""
    rng, net = generator("jets"), Net([1, 16])
    x = net.quant("x", 2.0**-3, 8)
    widths = [16, 64, 32, 32, 5]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        scale = 2.0**rng.integers(-6, -3, (1, units))
        weight = rng.normal(0, 10, (inputs, units)) * scale
        x = net.op("MatMul", x, net.quant(net.const(weight), scale, 6, narrow=1))
        x = net.op("Add", x, net.quant(net.const(rng.normal(0, 0.6, units)), 2.0**-5, 6))
        if layer < 3:
            x = net.quant(net.op("Relu", x), 2.0**-2, 6, signed=0)
    net.save(path, x, [1, 5])


def bits_mlp(path):
    """As brevitas exports an intrusion detector: arbitrary scales, batch norms, activations of 2, 4 and 8 bits."""
    rng, net = generator("bits"), Net([1, 60])
    x = net.op("Div", net.op("Add", "x", [1.0]), 2.0)
    widths, bits, steps = [60, 24, 16, 16, 1], [2, 4, 8], [0.7310585, 0.1377449, 0.0131927]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        scale = np.float32(rng.uniform(0.05, 0.6))
        weight = scale * rng.integers(-1, 2, (units, inputs)).astype(np.float32)
        weight = net.quant(net.const(weight), scale, 2, narrow=1, domain=BREVITAS)
        x = net.op("Gemm", x, weight, rng.normal(0, 0.3, units), alpha=1.0, beta=1.0, transB=1)
        if layer < 3:
            x = net.op("Relu", batch_norm(net, rng, x, units))
            x = net.quant(x, steps[layer], bits[layer], signed=0, domain=BREVITAS)
    x = net.quant(x, 0.0931773, 8, domain=BREVITAS)
    net.save(path, x, [1, 1], domains=((BREVITAS, 1),))


def binary_mlp(path):
    """All of one bit, as the TFC w1a1 of FINN: 8 x 8 pixels, +-1 weights and activations, an affine at the end."""
    rng, net = generator("tfc"), Net([1, 1, 8, 8])
    x = net.op("Sub", net.op("Mul", "x", 2.0), [1.0])
    x = net.op("Reshape", x, net.const([1, -1], np.int64))
    x = net.op("BipolarQuant", x, 1.0, domain=QONNX)
    widths = [64, 32, 32, 10]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        weight = net.op("BipolarQuant", rng.normal(0, 1, (units, inputs)), 1.0, domain=QONNX)
        x = net.op("MatMul", x, net.op("Transpose", weight, perm=[1, 0]))
        if layer < 2:
            x = net.op("BipolarQuant", batch_norm(net, rng, x, units), 1.0, domain=QONNX)
    x = net.op("Add", net.op("Mul", x, 0.2718281), -0.1357913)
    net.save(path, x, [1, 10])


def qdq_mlp(path):
    """QuantizeLinear and DequantizeLinear: uint8 with zero points, int8 weights per axis, int32 biases."""
    rng, net = generator("qdq"), Net([1, 12])

    def pair(x, scale, zero, dtype):
        q = net.op("QuantizeLinear", x, net.const(scale), net.const(zero, dtype))
        return net.op("DequantizeLinear", q, net.const(scale), net.const(zero, dtype))

    # The input's step is a power of two and its zero point odd: ties are even before the zero point is added.
    x = pair("x", 2.0**-4, 113, np.uint8)
    step = np.float32(2.0**-4)
    widths, steps, zeros = [12, 16, 12, 4], [0.0471239, 0.0382773, 0.0914171], [0, 3, 131]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        scale = rng.uniform(0.002, 0.01, units).astype(np.float32)
        weight = net.op("DequantizeLinear", net.const(rng.integers(-127, 128, (units, inputs)), np.int8),
                        net.const(scale), net.const(np.zeros(units), np.int8), axis=0)
        bias = net.op("DequantizeLinear", net.const(rng.integers(-900, 900, units), np.int32),
                      net.const(step * scale), net.const(np.zeros(units), np.int32), axis=0)
        x = net.op("Gemm", x, weight, bias, transB=1)
        x = net.op("Relu", x) if layer == 0 else x
        step = np.float32(steps[layer])
        x = pair(x, step, zeros[layer], np.uint8)
    net.save(path, x, [1, 4], opset=13, domains=())


def roundings(path):
    """All rounding modes, signed and unsigned, narrow and not, one after the other; ties are common."""
    rng, net = generator("roundings"), Net([1, 8])
    x = net.quant("x", 2.0**-4, 9)
    modes = ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"]
    for index, mode in enumerate(modes + modes):
        weight = rng.integers(-3, 4, (8, 8)) * 0.25
        x = net.op("Add", net.op("MatMul", x, weight), rng.integers(-4, 5, 8) * 0.125)
        signed = int(index % 2 == 0) if index < 7 else int(index % 2 == 1)
        # Lower case is as good as upper case.
        x = net.quant(x, 0.25, 5, signed=signed, narrow=int(index % 4 > 1), mode=mode if index < 7 else mode.lower())
    net.save(path, x, [1, 8])


def zero_points(path):
    """Quantizers with zero points, which rounding to zero and to even notice, side by side in a Concat."""
    rng, net = generator("zeros"), Net([1, 6])
    x = net.quant("x", 2.0**-5, 8)
    parts = [
        net.quant(x, 0.25, 4, signed=0, zero=5.0),
        net.quant(x, 0.125, 4, signed=1, zero=-3.0, narrow=1),
        net.quant(x, 0.2113, 5, signed=0, zero=9.0, mode="HALF_UP"),
        net.quant(x, 0.25, 4, signed=1, zero=2.0, mode="DOWN"),
    ]
    x = net.op("Concat", *parts, axis=1)
    x = net.op("Gemm", x, rng.integers(-7, 8, (24, 5)) * 0.125, rng.normal(0, 0.5, 5))
    net.save(path, net.quant(x, 0.0625, 10), [1, 5])


def residual(path):
    """Sums of quantized tensors of the same scale, as residual networks have them."""
    rng, net = generator("residual"), Net([1, 12])
    x = net.quant("x", 0.0735, 8)

    def dense(x, inputs, units):
        scale = np.float32(rng.uniform(0.02, 0.05))
        weight = net.quant(net.const(rng.normal(0, 0.12, (inputs, units))), scale, 4, narrow=1)
        return net.op("Add", net.op("MatMul", x, weight), rng.normal(0, 0.1, units))

    for _ in range(2):
        branch = net.quant(net.op("Relu", dense(x, 12, 16)), 0.0411, 6, signed=0)
        branch = net.quant(dense(branch, 16, 12), 0.0735, 8)
        x = net.quant(net.op("Add", x, branch), 0.0735, 8)
    net.save(path, net.quant(dense(x, 12, 4), 0.05, 8), [1, 4])


def autoencoder(path):
    """MLP 16-8-4-8-16 that gives back its input; each layer with a scale of its own."""
    rng, net = generator("autoencoder"), Net([1, 16])
    x = net.quant("x", 2.0**-4, 8)
    widths = [16, 8, 4, 8, 16]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        scale = rng.uniform(0.03, 0.09, (units, 1)).astype(np.float32)
        weight = net.quant(net.const(rng.normal(0, 0.3, (units, inputs))), scale, 5, narrow=1)
        x = net.op("Gemm", x, weight, rng.normal(0, 0.2, units), transB=1)
        if layer < 3:
            x = net.quant(net.op("Relu", batch_norm(net, rng, x, units)), float(rng.uniform(0.02, 0.1)), 7, signed=0)
    net.save(path, net.quant(x, 2.0**-4, 8), [1, 16])


def channel_scales(path):
    """Activations whose quantizers have a scale and a zero point per channel."""
    rng, net = generator("channels"), Net([1, 10])
    x = net.quant("x", rng.uniform(0.02, 0.2, (1, 10)), 6)
    weight = net.quant(net.const(rng.normal(0, 0.4, (10, 14))), rng.uniform(0.05, 0.1, (1, 14)), 5)
    x = net.op("Relu", net.op("Add", net.op("MatMul", x, weight), rng.normal(0, 0.2, 14)))
    x = net.quant(x, rng.uniform(0.02, 0.15, (1, 14)), 5, signed=0, zero=rng.integers(0, 4, (1, 14)).astype(float))
    weight = net.quant(net.const(rng.normal(0, 0.4, (14, 3))), 2.0**rng.integers(-5, -2, (1, 3)), 5)
    x = net.op("MatMul", x, weight)
    net.save(path, net.quant(x, 2.0**rng.integers(-5, -2, (1, 3)), 8), [1, 3])


def clipped(path):
    """HardTanh and ReLU6 (Clip) between quantizers, IntQuant instead of Quant."""
    rng, net = generator("clipped"), Net([1, 10])
    x = net.quant("x", 0.0625, 8)
    x = net.op("Gemm", x, rng.integers(-7, 8, (16, 10)) * 0.0625, rng.normal(0, 0.5, 16), transB=1)
    x = net.op("Clip", x, net.const(-1.0), net.const(1.0))
    x = net.op("IntQuant", x, 0.125, 0.0, 4.0, domain=QONNX, signed=1, narrow=0, rounding_mode="ROUND")
    x = net.op("Gemm", x, rng.integers(-15, 16, (16, 8)) * 0.0625, rng.normal(0, 0.5, 8))
    x = net.op("Clip", x, net.const(0.0), net.const(6.0))
    x = net.quant(x, 6 / 31, 5, signed=0)
    net.save(path, net.op("Gemm", x, rng.integers(-7, 8, (8, 3)) * 0.125), [1, 3])


def trunc_v1(path):
    """Trunc of version 1: 12 bits to 7, the scale of the result is that of the input."""
    rng, net = generator("trunc1"), Net([1, 8])
    x = net.quant("x", 2.0**-3, 8)
    x = net.op("MatMul", x, rng.integers(-15, 16, (8, 8)) * 0.0625)
    x = net.quant(x, 2.0**-4, 12)
    x = net.op("Trunc", x, 2.0**-4, 0.0, 12.0, 7.0, domain=QONNX, rounding_mode="FLOOR")
    x = net.op("MatMul", x, rng.integers(-15, 16, (8, 3)) * 0.0625)
    net.save(path, x, [1, 3])


def trunc_v2(path):
    """Trunc of version 2: it has a scale for its result, rounds to even and clamps."""
    rng, net = generator("trunc2"), Net([1, 8])
    x = net.quant("x", 2.0**-3, 8)
    x = net.op("MatMul", x, rng.integers(-15, 16, (8, 8)) * 0.0625)
    x = net.quant(x, 0.0625, 12)
    x = net.op("Trunc", x, 0.0625, 0.0, 12.0, 0.5, 8.0, domain=QONNX, rounding_mode="ROUND", signed=1, narrow=0)
    x = net.op("MatMul", x, rng.integers(-15, 16, (8, 3)) * 0.0625)
    net.save(path, x, [1, 3], domains=((QONNX, 2),))


def keras_transformer(path):
    """A float encoder as converters write Keras' MultiHeadAttention: Einsum, and LayerNormalization of opset 17."""
    rng, net = generator("encoder"), Net([1, 8, 6])
    dim, heads, key, hidden = 16, 4, 4, 24

    def dense(x, inputs, units):
        return net.op("Add", net.op("MatMul", x, rng.normal(0, inputs**-0.5, (inputs, units))),
                      rng.normal(0, 0.1, units))

    def norm(x):
        return net.op("LayerNormalization", x, rng.uniform(0.6, 1.4, dim), rng.normal(0, 0.2, dim), axis=-1,
                      epsilon=1e-3)

    def project(x):
        y = net.op("Einsum", x, rng.normal(0, 0.3, (dim, heads, key)), equation="abc,cde->abde")
        return net.op("Add", y, rng.normal(0, 0.1, (heads, key)))

    x = dense("x", 6, dim)
    for _ in range(2):
        query, keys, value = project(x), project(x), project(x)
        query = net.op("Mul", query, key**-0.5)
        scores = net.op("Einsum", keys, query, equation="aecd,abcd->acbe")
        weights = net.op("Softmax", scores, axis=-1)
        mixed = net.op("Einsum", weights, value, equation="acbe,aecd->abcd")
        y = net.op("Einsum", mixed, rng.normal(0, 0.2, (heads, key, dim)), equation="abcd,cde->abe")
        x = norm(net.op("Add", x, net.op("Add", y, rng.normal(0, 0.1, dim))))
        y = dense(net.op("Relu", dense(x, dim, hidden)), hidden, dim)
        x = norm(net.op("Add", x, y))
    x = net.op("ReduceMean", x, axes=[1], keepdims=0)
    x = net.op("Softmax", dense(x, dim, 5), axis=-1)
    net.save(path, x, [1, 5], opset=17, domains=())


def project(net, rng, x, inputs, units, scale, bits=6, domain=QONNX):
    """Add a projection with quantized weights and a bias."""
    weight = net.quant(net.const(rng.normal(0, 12, (inputs, units)) * scale), scale, bits, narrow=1, domain=domain)
    return net.op("Add", net.op("MatMul", x, weight), rng.integers(-40, 41, units) * 2.0**-7)


def heads_of(net, x, tokens, heads, dim, keys=False):
    """Split features into heads: [1, heads, tokens, dim], for keys [1, heads, dim, tokens]."""
    y = net.op("Reshape", x, net.const([1, tokens, heads, dim], np.int64))
    return net.op("Transpose", y, perm=[0, 2, 3, 1] if keys else [0, 2, 1, 3])


def joined(net, x, tokens, features):
    """Put heads side by side again."""
    y = net.op("Transpose", x, perm=[0, 2, 1, 3])
    return net.op("Reshape", y, net.const([1, tokens, features], np.int64))


def relu_attention(path):
    """Attention by hand, without a softmax: all tensors quantized, scales of any size, a Relu on the scores."""
    rng, net = generator("relu attention"), Net([1, 6, 5])
    tokens, heads, dim = 6, 2, 4
    x = net.quant("x", 2.0**-3, 6)
    query = net.quant(project(net, rng, x, 5, heads * dim, 0.0173), 0.0971, 5)
    keys = net.quant(project(net, rng, x, 5, heads * dim, 0.0213), 0.0871, 5)
    value = net.quant(project(net, rng, x, 5, heads * dim, 2.0**-6), 0.1119, 6)
    scores = net.op("MatMul", heads_of(net, query, tokens, heads, dim), heads_of(net, keys, tokens, heads, dim, True))
    scores = net.op("Relu", net.op("Div", scores, float(np.sqrt(np.float32(dim)))))
    weights = net.quant(scores, 0.0837, 5, signed=0)
    mixed = net.op("MatMul", weights, heads_of(net, value, tokens, heads, dim))
    mixed = net.quant(joined(net, mixed, tokens, heads * dim), 0.1477, 7)
    y = net.op("Add", project(net, rng, mixed, heads * dim, 5, 0.0191), x)
    y = net.quant(y, 0.0733, 8)
    net.save(path, y, [1, tokens, 5])


def linear_attention(path):
    """Quantizers on all tensors, powers of two, nothing but products: a fused projection, Split, Einsum."""
    rng, net = generator("linear attention"), Net([1, 8, 6])
    tokens, heads, dim = 8, 3, 2
    x = net.quant("x", 2.0**-2, 5)
    fused = net.quant(project(net, rng, x, 6, 3 * heads * dim, 2.0**-5), 2.0**-3, 6)
    parts = net.op("Split", fused, net.const([heads * dim] * 3, np.int64), outputs=3, axis=2)
    query, keys, value = (net.op("Reshape", p, net.const([0, 0, heads, dim], np.int64)) for p in parts)
    scores = net.quant(net.op("Einsum", query, keys, equation="bqhd,bkhd->bhqk"), 2.0**-2, 5, signed=0)
    mixed = net.op("Einsum", scores, value, equation="bhqk,bkhd->bqhd")
    mixed = net.quant(net.op("Reshape", mixed, net.const([1, tokens, heads * dim], np.int64)), 2.0**-2, 8)
    y = net.quant(project(net, rng, mixed, heads * dim, 4, 2.0**-6), 2.0**-3, 8)
    net.save(path, net.op("ReduceSum", y, net.const([1], np.int64), keepdims=0), [1, 4])


def quant_mha(path):
    """As brevitas' QuantMultiheadAttention: tokens first, one in-projection, quantizers on scaled queries, transposed keys,
    values, attention weights and the heads' result; the softmax is float."""
    rng, net = generator("quant mha"), Net([7, 1, 8])
    tokens, heads, dim = 7, 2, 4
    width = heads * dim
    x = net.quant("x", 2.0**-4, 8, domain=BREVITAS)
    flat = net.op("MatMul", x, net.op("Transpose", net.quant(rng.normal(0, 0.3, (3 * width, 8)), 0.0157, 6, narrow=1,
                                                             domain=BREVITAS), perm=[1, 0]))
    flat = net.op("Add", flat, net.quant(rng.normal(0, 0.2, 3 * width), 0.0157 * 2.0**-4, 16, domain=BREVITAS))
    parts = net.op("Split", flat, net.const([width] * 3, np.int64), outputs=3, axis=2)
    query, keys, value = (net.op("Transpose", net.op("Reshape", p, net.const([tokens, heads, dim], np.int64)),
                                 perm=[1, 0, 2]) for p in parts)
    query = net.quant(net.op("Div", query, float(np.sqrt(np.float32(dim)))), 0.0117, 8, domain=BREVITAS)
    keys = net.quant(net.op("Transpose", keys, perm=[0, 2, 1]), 0.0219, 8, domain=BREVITAS)
    weights = net.op("Softmax", net.op("MatMul", query, keys), axis=-1)
    weights = net.quant(weights, 1 / 255, 8, signed=0, domain=BREVITAS)
    mixed = net.op("MatMul", weights, net.quant(value, 0.0199, 8, domain=BREVITAS))
    mixed = net.op("Reshape", net.op("Transpose", mixed, perm=[1, 0, 2]), net.const([tokens, 1, width], np.int64))
    mixed = net.quant(mixed, 0.0157, 8, domain=BREVITAS)
    weight = net.quant(rng.normal(0, 0.3, (8, width)), 0.0131, 6, narrow=1, domain=BREVITAS)
    y = net.op("Add", net.op("MatMul", mixed, net.op("Transpose", weight, perm=[1, 0])), rng.normal(0, 0.2, 8))
    net.save(path, net.quant(y, 0.05, 8, domain=BREVITAS), [7, 1, 8], domains=((BREVITAS, 1),))


def masked_attention(path):
    """Quantized attention with a mask input (1: real) behind the quantizer of its scores; a sum over the real tokens."""
    rng, net = generator("masked"), Net([1, 6, 5])
    tokens, heads, dim = 6, 2, 4
    mask = net.more_input("mask", [1, tokens])
    x = net.quant("x", 2.0**-3, 6)
    query = net.quant(project(net, rng, x, 5, heads * dim, 2.0**-5), 2.0**-3, 6)
    keys = net.quant(project(net, rng, x, 5, heads * dim, 2.0**-5), 2.0**-3, 6)
    value = net.quant(project(net, rng, x, 5, heads * dim, 2.0**-6), 2.0**-3, 6)
    scores = net.op("MatMul", heads_of(net, query, tokens, heads, dim), heads_of(net, keys, tokens, heads, dim, True))
    scores = net.quant(net.op("Mul", scores, dim**-0.5), 2.0**-4, 8)
    padding = net.op("Mul", net.op("Sub", 1.0, net.op("Unsqueeze", mask, net.const([1, 2], np.int64))), -1e9)
    weights = net.quant(net.op("Softmax", net.op("Add", scores, padding), axis=-1), 2.0**-8, 8, signed=0)
    mixed = net.op("MatMul", weights, heads_of(net, value, tokens, heads, dim))
    mixed = net.quant(joined(net, mixed, tokens, heads * dim), 2.0**-4, 7)
    y = net.quant(project(net, rng, mixed, heads * dim, 3, 2.0**-5), 2.0**-4, 8)
    y = net.op("Mul", y, net.op("Unsqueeze", mask, net.const([2], np.int64)))
    net.save(path, net.op("ReduceSum", y, net.const([1], np.int64), keepdims=0), [1, 3])


def tfc(path):
    """The TFC of FINN, two bits: [1, 1, 28, 28] pixels scaled by 2x - 1, scales of batch norms spelled out at the end."""
    rng, net = generator("tfc w2a2"), Net([1, 1, 28, 28])
    x = net.op("Sub", net.op("Mul", "x", 2.0), [1.0])
    x = net.quant(x, 1.0, 2, narrow=1)
    shape = net.op("Shape", x)
    first = net.op("Unsqueeze", net.op("Gather", shape, net.const(0, np.int64), axis=0), net.const([0], np.int64))
    x = net.op("Reshape", x, net.op("Concat", first, net.const([-1], np.int64), axis=0))
    widths = [784, 12, 12, 10]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        weight = net.quant(rng.normal(0, 1.1, (units, inputs)), 1.0, 2, narrow=1)
        x = net.op("MatMul", x, net.op("Transpose", weight, perm=[1, 0]))
        if layer < 2:
            x = net.quant(batch_norm(net, rng, net.op("Mul", x, 0.1), units), 1.0, 2, narrow=1)
    # A normalization of the whole tensor, as brevitas' TensorNorm.
    x = net.op("Div", net.op("Sub", x, [0.31]), [7.77])
    net.save(path, net.op("Add", net.op("Mul", x, [1.21]), [-0.5]), [1, 10])


def keyword_spotting(path):
    """The MLP of keyword spotting with 3 bits: [1, 1, 10, 49] features, Div by a scale, Mul by one, TopK at the end."""
    rng, net = generator("kws"), Net([1, 1, 10, 7])
    x = net.quant(net.op("Div", "x", [0.75]), 1.1718, 8, domain=BREVITAS)
    x = net.op("Flatten", x, axis=1)
    widths = [70, 24, 24, 12]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        weight = net.quant(rng.normal(0, 0.2, (units, inputs)), 0.1113, 3, narrow=1, domain=BREVITAS)
        x = net.op("Gemm", x, weight, rng.normal(0, 0.2, units), transB=1)
        if layer < 2:
            x = net.op("Relu", batch_norm(net, rng, x, units))
            x = net.quant(net.op("Mul", x, [0.5]), 0.3719, 3, signed=0, domain=BREVITAS)
    net.save(path, net.op("Mul", x, 3.25), [1, 12], domains=((BREVITAS, 1),))


def qkeras_jets(path):
    """As qonnx converts a QKeras tagger: Quant on kernels [inputs, units], Add, Relu, batch norm, Quant; opset 9 Squeeze."""
    rng, net = generator("qkeras"), Net([1, 16])
    x = net.quant("x", 2.0**-8, 16)
    widths = [16, 32, 16, 5]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        kernel = net.quant(rng.normal(0, 0.3, (inputs, units)), 2.0**-3, 4, narrow=0)
        bias = net.quant(rng.normal(0, 0.2, units), 2.0**-5, 6)
        x = net.op("Add", net.op("MatMul", x, kernel), bias)
        if layer < 2:
            x = batch_norm(net, rng, x, units)
            x = net.quant(net.op("Relu", x), 2.0**-4, 6, signed=0, mode="FLOOR")
    net.save(path, net.quant(x, 2.0**-4, 10), [1, 5], opset=13)


def qcdq(path):
    """As brevitas exports QCDQ: QuantizeLinear, Clip of the integers and DequantizeLinear; weights and activations of 4
    bits."""
    rng, net = generator("qcdq"), Net([1, 12])

    def qcdq_of(x, scale, low, high, dtype, axis=None):
        at = {} if axis is None else {"axis": axis}
        zero = net.const(np.zeros(np.shape(scale)), dtype)
        q = net.op("QuantizeLinear", x, scale, zero, **at)
        q = net.op("Clip", q, net.const(low, dtype), net.const(high, dtype))
        return net.op("DequantizeLinear", q, scale, zero, **at)

    x = qcdq_of("x", 2.0**-3, -128, 127, np.int8)
    widths = [12, 16, 10, 4]
    for layer, (inputs, units) in enumerate(zip(widths, widths[1:])):
        scale = rng.uniform(0.04, 0.08, units).astype(np.float32)
        weight = qcdq_of(net.const(rng.normal(0, 0.25, (units, inputs))), scale, -7, 7, np.int8, axis=0)
        x = net.op("Gemm", x, weight, rng.normal(0, 0.3, units), transB=1)
        if layer < 2:
            x = qcdq_of(net.op("Relu", x), float(rng.uniform(0.1, 0.3)), 0, 15, np.uint8)
    net.save(path, qcdq_of(x, 0.1, -32, 31, np.int8), [1, 4], opset=13, domains=())


def qdq_channels(path):
    """QuantizeLinear with a scale and a zero point for each channel of a tensor of the event, odd ones too."""
    rng, net = generator("qdq channels"), Net([1, 10])

    def pair(x, scale, zero, dtype):
        q = net.op("QuantizeLinear", x, net.const(scale), net.const(zero, dtype), axis=1)
        return net.op("DequantizeLinear", q, net.const(scale), net.const(zero, dtype), axis=1)

    x = pair("x", 2.0**rng.integers(-5, -2, 10).astype(float), rng.integers(-20, 21, 10), np.int8)
    weight = pair(net.const(rng.normal(0, 0.3, (10, 8))), rng.uniform(0.01, 0.02, 8), np.zeros(8), np.int8)
    x = net.op("Add", net.op("MatMul", x, weight), rng.normal(0, 0.2, 8))
    x = pair(x, rng.uniform(0.02, 0.05, 8), rng.integers(90, 150, 8), np.uint8)
    net.save(path, x, [1, 8], opset=13, domains=())


def trunc_pool(path):
    """Trunc after an average over all tokens, as brevitas' TruncAvgPool2d."""
    rng, net = generator("trunc pool"), Net([1, 4, 6])
    x = net.quant("x", 2.0**-3, 6)
    x = net.quant(net.op("Relu", project(net, rng, x, 6, 8, 2.0**-5)), 2.0**-3, 4, signed=0)
    x = net.op("Transpose", x, perm=[0, 2, 1])
    x = net.op("ReduceMean", x, axes=[2], keepdims=0)
    # The mean of 4 tokens has 2 bits more; Trunc gives them up.
    x = net.op("Trunc", x, 2.0**-5, 0.0, 6.0, 4.0, domain=QONNX, rounding_mode="FLOOR")
    net.save(path, net.quant(project(net, rng, x, 8, 3, 2.0**-5), 2.0**-4, 8), [1, 3])


def positions(path):
    """A quantized embedding plus one constant for each token and feature, and tokens as the last axis of the input."""
    rng, net = generator("positions"), Net([1, 3, 6])
    x = net.quant(net.op("Transpose", "x", perm=[0, 2, 1]), 2.0**-3, 6)
    x = net.op("Add", project(net, rng, x, 3, 4, 2.0**-5), rng.integers(-20, 21, (6, 4)) * 2.0**-4)
    x = net.quant(x, 2.0**-2, 6)
    net.save(path, net.quant(project(net, rng, x, 4, 3, 2.0**-5), 2.0**-3, 8), [1, 6, 3])


def spelled_norm(path):
    """A float encoder as tf2onnx writes one: layer norms as x * g - (mean * g - beta) with g = gamma / sqrt(variance + eps),
    GELU by tanh, positional embeddings, a hard swish at the end."""
    rng, net = generator("spelled"), Net([1, 8, 6])
    dim = 12

    def norm(x):
        mean = net.op("ReduceMean", x, axes=[2], keepdims=1)
        centred = net.op("Sub", x, mean)
        variance = net.op("ReduceMean", net.op("Mul", centred, centred), axes=[2], keepdims=1)
        inverse = net.op("Reciprocal", net.op("Sqrt", net.op("Add", variance, 1e-3)))
        gain = net.op("Mul", inverse, rng.uniform(0.6, 1.4, dim))
        offset = net.op("Sub", net.const(rng.normal(0, 0.2, dim)), net.op("Mul", mean, gain))
        return net.op("Add", net.op("Mul", x, gain), offset)

    def gelu(x):
        cube = net.op("Mul", net.op("Pow", x, 3.0), 0.044715)
        tanh = net.op("Tanh", net.op("Mul", net.op("Add", x, cube), 0.7978845608))
        return net.op("Mul", net.op("Mul", x, 0.5), net.op("Add", tanh, 1.0))

    def dense(x, inputs, units):
        return net.op("Add", net.op("MatMul", x, rng.normal(0, inputs**-0.5, (inputs, units))),
                      rng.normal(0, 0.1, units))

    x = net.op("Add", dense("x", 6, dim), rng.normal(0, 0.5, (1, 8, dim)))
    x = norm(net.op("Add", x, dense(gelu(dense(norm(x), dim, 16)), 16, dim)))
    x = dense(x, dim, 6)
    x = net.op("Mul", x, net.op("HardSigmoid", x, alpha=1 / 6, beta=0.5))
    x = net.op("PRelu", net.op("LeakyRelu", net.op("Elu", x), alpha=0.125), net.const([0.5]))
    x = net.op("Softsign", net.op("Softplus", net.op("Selu", x)))
    net.save(path, net.op("HardSigmoid", x), [1, 8, 6], opset=13, domains=())


MODELS = {
    "qonnx_jet_tagger": jet_tagger,
    "qonnx_bits_mlp": bits_mlp,
    "qonnx_binary_mlp": binary_mlp,
    "qdq_mlp": qdq_mlp,
    "qonnx_roundings": roundings,
    "qonnx_zero_points": zero_points,
    "qonnx_residual": residual,
    "qonnx_autoencoder": autoencoder,
    "qonnx_channel_scales": channel_scales,
    "qonnx_clipped": clipped,
    "qonnx_trunc_v1": trunc_v1,
    "qonnx_trunc_v2": trunc_v2,
    "keras_transformer": keras_transformer,
    "qonnx_relu_attention": relu_attention,
    "qonnx_linear_attention": linear_attention,
    "qonnx_quant_mha": quant_mha,
    "qonnx_masked_attention": masked_attention,
    "qonnx_tfc": tfc,
    "qonnx_keyword_spotting": keyword_spotting,
    "qonnx_qkeras_jets": qkeras_jets,
    "qcdq_mlp": qcdq,
    "qdq_channels": qdq_channels,
    "qonnx_trunc_pool": trunc_pool,
    "qonnx_positions": positions,
    "spelled_norm": spelled_norm,
}


def main():
    """Write all models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent / "onnx")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    for name, make in MODELS.items():
        make(args.output / f"{name}.onnx")


if __name__ == "__main__":
    main()
