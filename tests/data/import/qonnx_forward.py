#!/usr/bin/env python3
"""Run an ONNX or QONNX graph on events: plain numpy, float64, one op after another.

    qonnx_forward.py model.onnx x.npy y.npy

Written from the definitions of the operators, as a check of the importer that
shares nothing with it.  x.npy holds one event a row; x.npz holds an array per
graph input, by name.  Constants of float32 files widen to float64 exactly.

On exit it says how many values that a quantizer of activations rounded lie
within 1e-9 steps of where the result changes, and how many of these exactly
there ("ties"): the latter are decided by the rounding mode, the others by
float64 arithmetic, so that another exact implementation may differ.
"""

import argparse
import math

import numpy as np
import onnx
from onnx import numpy_helper

NEAR = 1e-9
ERF = np.vectorize(math.erf, otypes=[np.float64])

# Ops that treat rows of the first axis alike; graphs of these take many events at once.
ROW_OPS = {
    "Add", "BatchNormalization", "BipolarQuant", "Cast", "Clip", "Constant",
    "DequantizeLinear", "Div", "Dropout", "Elu", "Erf", "Gelu", "Gemm",
    "HardSigmoid", "HardSwish", "Identity", "IntQuant", "LeakyRelu", "MatMul",
    "Mul", "PRelu", "Pow", "Quant", "QuantizeLinear", "Relu", "Selu", "Sigmoid",
    "Softmax", "Softplus", "Softsign", "Sqrt", "Sub", "Tanh", "Trunc",
}

ROUNDINGS = {
    "ROUND": np.rint,
    "HALF_EVEN": np.rint,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": lambda v: np.copysign(np.ceil(np.abs(v)), v),
    "DOWN": np.trunc,
    "HALF_UP": lambda v: np.copysign(np.floor(np.abs(v) + 0.5), v),
    "HALF_DOWN": lambda v: np.copysign(np.ceil(np.abs(v) - 0.5), v),
}
NEAREST = {"ROUND", "HALF_EVEN", "HALF_UP", "HALF_DOWN"}


class Boundaries:
    """Counts values that are close to where a quantizer's result changes."""

    def __init__(self):
        self.near = 0
        self.ties = 0
        self.values = 0
        self.active = True

    def see(self, steps, nearest):
        """Note values in units of the step, before they are rounded."""
        if not self.active:
            return
        shifted = steps - 0.5 if nearest else steps
        distance = np.abs(shifted - np.rint(shifted))
        ties = int(np.count_nonzero(distance == 0))
        self.ties += ties
        self.near += int(np.count_nonzero(distance < NEAR)) - ties
        self.values += int(np.size(steps))


def integer_range(bits, signed, narrow):
    """Return the least and the greatest integer of a quantizer."""
    if signed:
        return -2.0**(bits - 1) + (1 if narrow else 0), 2.0**(bits - 1) - 1
    return 0.0 * bits, 2.0**bits - (2 if narrow else 1)


def reduce_axes(attributes, inputs):
    """Axes of a reduction: an attribute, later opsets an input; none: all."""
    axes = attributes.get("axes")
    if axes is None and len(inputs) > 1 and inputs[1] is not None:
        axes = inputs[1]
    return None if axes is None or len(axes) == 0 else tuple(int(a) for a in axes)


def along(parameter, axis, rank):
    """A vector of parameters, shaped to apply along an axis."""
    if parameter.ndim != 1 or parameter.size == 1:
        return parameter.reshape(()) if parameter.size == 1 else parameter
    shape = [1] * rank
    shape[axis] = parameter.size
    return parameter.reshape(shape)


class Executor:
    """Evaluates one graph."""

    def __init__(self, model):
        self.graph = model.graph
        self.opset = max([o.version for o in model.opset_import if o.domain in ("", "ai.onnx")] or [1])
        self.boundaries = Boundaries()
        self.constants = {i.name: self.widen(numpy_helper.to_array(i)) for i in self.graph.initializer}
        self.inputs = [i for i in self.graph.input if i.name not in self.constants]
        self.live_nodes = []
        self.boundaries.active = False  # what weights are rounded to depends on the file alone
        for node in self.graph.node:
            if all(name == "" or name in self.constants for name in node.input):
                self.run_node(node, self.constants)
            else:
                self.live_nodes.append(node)
        self.boundaries.active = True

    @staticmethod
    def widen(array):
        """Floats become float64; integers and bools stay."""
        return array.astype(np.float64) if array.dtype.kind == "f" else array

    def run_node(self, node, values):
        """Evaluate a node and keep its outputs."""
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        inputs = [values[name] if name else None for name in node.input]
        method = getattr(self, "op_" + node.op_type.lower(), None)
        if method is None:
            raise SystemExit(f"qonnx_forward: there is no op {node.op_type}")
        outputs = method(attributes, *inputs, count=len(node.output)) if node.op_type == "Split" else method(
            attributes, *inputs)
        if not isinstance(outputs, tuple):
            outputs = (outputs,)
        for name, value in zip(node.output, outputs):
            if name:
                values[name] = np.asarray(value)

    def row_wise(self):
        """Whether all events can go through at once."""
        return len(self.inputs) == 1 and all(
            n.op_type in ROW_OPS for n in self.live_nodes) and len(self.inputs[0].type.tensor_type.shape.dim) == 2

    def event_shape(self, value_info, event):
        """Shape of the graph's input for one event."""
        dims = [d.dim_value for d in value_info.type.tensor_type.shape.dim]
        if 0 not in dims:
            return dims
        if len(dims) == event.ndim + 1:
            return [1, *event.shape]
        return [d or 1 for d in dims]

    def run(self, events):
        """Outputs of the graph's first output for all events: a row each."""
        output = self.graph.output[0].name
        if self.row_wise():
            values = dict(self.constants)
            rows = events[self.inputs[0].name]
            values[self.inputs[0].name] = rows.reshape(len(rows), -1)
            for node in self.live_nodes:
                self.run_node(node, values)
            return values[output]
        rows = []
        for index in range(len(next(iter(events.values())))):
            values = dict(self.constants)
            for info in self.inputs:
                event = events[info.name][index]
                values[info.name] = event.reshape(self.event_shape(info, event))
            for node in self.live_nodes:
                self.run_node(node, values)
            rows.append(values[output].reshape(-1))
        return np.stack(rows)

    # Arithmetic.

    def op_matmul(self, _, a, b):
        return np.matmul(a, b)

    def op_gemm(self, at, a, b, c=None):
        left = a.T if at.get("transA", 0) else a
        right = b.T if at.get("transB", 0) else b
        y = float(at.get("alpha", 1.0)) * (left @ right)
        return y if c is None else y + float(at.get("beta", 1.0)) * c

    def op_add(self, _, a, b):
        return a + b

    def op_sub(self, _, a, b):
        return a - b

    def op_mul(self, _, a, b):
        return a * b

    def op_div(self, _, a, b):
        if a.dtype.kind in "iu":
            return np.trunc(a / b).astype(a.dtype)
        return a / b

    def op_pow(self, _, a, b):
        return np.power(a, b)

    def op_sqrt(self, _, a):
        return np.sqrt(a)

    def op_neg(self, _, a):
        return -a

    def op_reciprocal(self, _, a):
        return 1.0 / a

    def op_not(self, _, a):
        return np.logical_not(a)

    def op_equal(self, _, a, b):
        return np.equal(a, b)

    def op_relu(self, _, a):
        return np.maximum(a, 0.0)

    def op_clip(self, at, a, low=None, high=None):
        low = at.get("min", low)
        high = at.get("max", high)
        a = a if low is None else np.maximum(a, low)
        return a if high is None else np.minimum(a, high)

    def op_sigmoid(self, _, a):
        return 1.0 / (1.0 + np.exp(-a))

    def op_tanh(self, _, a):
        return np.tanh(a)

    def op_leakyrelu(self, at, a):
        return np.where(a > 0, a, at.get("alpha", 0.01) * a)

    def op_prelu(self, _, a, slope):
        return np.where(a > 0, a, slope * a)

    def op_elu(self, at, a):
        return np.where(a > 0, a, at.get("alpha", 1.0) * np.expm1(np.minimum(a, 0.0)))

    def op_selu(self, at, a):
        gamma = at.get("gamma", 1.05070102214813232421875)
        alpha = at.get("alpha", 1.67326319217681884765625)
        return gamma * np.where(a > 0, a, alpha * np.expm1(np.minimum(a, 0.0)))

    def op_softplus(self, _, a):
        return np.logaddexp(a, 0.0)

    def op_softsign(self, _, a):
        return a / (1.0 + np.abs(a))

    def op_hardsigmoid(self, at, a):
        return np.clip(at.get("alpha", 0.2) * a + at.get("beta", 0.5), 0.0, 1.0)

    def op_hardswish(self, _, a):
        return a * np.clip(a / 6.0 + 0.5, 0.0, 1.0)

    def op_gelu(self, at, a):
        if at.get("approximate", b"none") == b"tanh":
            return 0.5 * a * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (a + 0.044715 * a**3)))
        return 0.5 * a * (1.0 + ERF(a / math.sqrt(2.0)))

    def op_erf(self, _, a):
        return ERF(a)

    def op_softmax(self, at, a):
        axis = at.get("axis", -1 if self.opset >= 13 else 1)
        if self.opset < 13:  # everything from the axis on is one row
            axis %= a.ndim
            flat = a.reshape(int(np.prod(a.shape[:axis], dtype=np.int64)), -1)
            e = np.exp(flat - flat.max(axis=1, keepdims=True))
            return (e / e.sum(axis=1, keepdims=True)).reshape(a.shape)
        e = np.exp(a - a.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    def op_einsum(self, at, *operands):
        return np.einsum(at["equation"].decode(), *operands)

    def op_batchnormalization(self, at, x, scale, bias, mean, variance):
        shape = [1, -1] + [1] * (x.ndim - 2)
        scale, bias, mean, variance = (p.reshape(shape) for p in (scale, bias, mean, variance))
        return (x - mean) / np.sqrt(variance + float(at.get("epsilon", 1e-5))) * scale + bias

    def op_layernormalization(self, at, x, scale, bias=None):
        axes = tuple(range(int(at.get("axis", -1)) % x.ndim, x.ndim))
        centred = x - x.mean(axis=axes, keepdims=True)
        variance = (centred**2).mean(axis=axes, keepdims=True)
        y = centred / np.sqrt(variance + float(at.get("epsilon", 1e-5))) * scale
        return y if bias is None else y + bias

    def op_reducemean(self, at, *inputs):
        return inputs[0].mean(axis=reduce_axes(at, inputs), keepdims=bool(at.get("keepdims", 1)))

    def op_reducemax(self, at, *inputs):
        return inputs[0].max(axis=reduce_axes(at, inputs), keepdims=bool(at.get("keepdims", 1)))

    def op_reducesum(self, at, *inputs):
        return inputs[0].sum(axis=reduce_axes(at, inputs), keepdims=bool(at.get("keepdims", 1)))

    def op_argmax(self, at, x):
        axis = at.get("axis", 0)
        if at.get("select_last_index", 0):
            y = x.shape[axis] - 1 - np.argmax(np.flip(x, axis), axis=axis)
        else:
            y = np.argmax(x, axis=axis)
        return np.expand_dims(y, axis) if at.get("keepdims", 1) else y

    def op_where(self, _, condition, a, b):
        return np.where(condition, a, b)

    # Shapes.

    def op_reshape(self, at, x, shape):
        target = [int(s) for s in shape]
        if not at.get("allowzero", 0):
            target = [x.shape[i] if s == 0 else s for i, s in enumerate(target)]
        return x.reshape(target)

    def op_flatten(self, at, x):
        axis = at.get("axis", 1)
        axis = axis + x.ndim if axis < 0 else axis
        return x.reshape(int(np.prod(x.shape[:axis], dtype=np.int64)), -1)

    def op_transpose(self, at, x):
        return np.transpose(x, at.get("perm"))

    def op_slice(self, at, x, starts=None, ends=None, axes=None, steps=None):
        starts = at.get("starts", starts)
        ends = at.get("ends", ends)
        axes = at.get("axes", axes)
        axes = range(len(starts)) if axes is None else axes
        steps = [1] * len(starts) if steps is None else steps
        index = [slice(None)] * x.ndim
        for start, end, axis, step in zip(starts, ends, axes, steps):
            size = x.shape[int(axis)]
            start, end, step = int(start), int(end), int(step)
            # A negative end beyond the front means "to the front" where the step is negative.
            stop = None if step < 0 and end < -size else end
            index[int(axis)] = slice(start, stop, step)
        return x[tuple(index)]

    def op_split(self, at, x, sizes=None, count=1):
        axis = at.get("axis", 0)
        sizes = at.get("split", sizes)
        if sizes is None:
            part = -(-x.shape[axis] // count)
            sizes = [min(part, x.shape[axis] - part * i) for i in range(count)]
        return tuple(np.split(x, np.cumsum([int(s) for s in sizes])[:-1], axis=axis))

    def op_gather(self, at, x, indices):
        return np.take(x, indices, axis=at.get("axis", 0))

    def op_concat(self, at, *parts):
        return np.concatenate(parts, axis=at["axis"])

    def op_squeeze(self, at, *inputs):
        return np.squeeze(inputs[0], axis=reduce_axes(at, inputs))

    def op_unsqueeze(self, at, *inputs):
        axes = reduce_axes(at, inputs)
        return np.expand_dims(inputs[0], axes)

    def op_shape(self, at, x):
        return np.array(x.shape[at.get("start", 0):at.get("end")], np.int64)

    def op_expand(self, _, x, shape):
        return x * np.ones([int(s) for s in shape], x.dtype)

    def op_constant(self, at):
        if "value" in at:
            return self.widen(numpy_helper.to_array(at["value"]))
        (name, value), = at.items()
        return np.array(value, np.int64 if name.startswith("value_int") else np.float64)

    def op_constantofshape(self, at, shape):
        value = self.widen(numpy_helper.to_array(at["value"])) if "value" in at else np.zeros(1)
        return np.full([int(s) for s in shape], value.reshape(()), value.dtype)

    def op_cast(self, at, x):
        kind = onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[at["to"]].kind
        if kind == "f":
            return x.astype(np.float64)
        return x.astype(bool) if kind == "b" else np.trunc(x).astype(onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[at["to"]])

    def op_identity(self, _, x):
        return x

    def op_dropout(self, _, x, *_unused):
        return x

    # Quantizers.

    def op_quant(self, at, x, scale, zero_point, bits):
        signed, narrow = at.get("signed", 1), at.get("narrow", 0)
        mode = at.get("rounding_mode", b"ROUND").decode().upper()
        steps = x / scale + zero_point
        if signed and np.size(bits) == 1 and float(np.reshape(bits, ())) == 1:
            self.boundaries.see(steps, False)
            return (np.where(steps >= 0, 1.0, -1.0) - zero_point) * scale
        low, high = integer_range(bits.astype(np.float64), signed, narrow)
        inside = steps[(steps >= low - 1) & (steps <= high + 1)]
        self.boundaries.see(inside, mode in NEAREST)
        clamped = np.minimum(np.maximum(steps, low), high)
        return (ROUNDINGS[mode](clamped) - zero_point) * scale

    op_intquant = op_quant

    def op_bipolarquant(self, _, x, scale):
        self.boundaries.see(x[np.abs(x) < 0.5], False)
        return np.where(x >= 0, 1.0, -1.0) * scale

    def op_trunc(self, at, x, scale, zero_point, *bits):
        mode = at.get("rounding_mode", b"FLOOR").decode().upper()
        integers = np.rint(x / scale + zero_point)
        if len(bits) == 2:  # version 1: the result keeps the scale of the input
            factor = 2.0**(float(bits[0].reshape(())) - float(bits[1].reshape(())))
            self.boundaries.see(integers / factor, mode in NEAREST)
            return (ROUNDINGS[mode](integers / factor) - zero_point) * scale
        _, out_scale, out_bits = bits
        factor = 2.0**np.rint(np.log2(out_scale / scale))
        low, high = integer_range(out_bits.astype(np.float64), at.get("signed", 1), at.get("narrow", 0))
        self.boundaries.see(integers / factor, mode in NEAREST)
        clamped = np.minimum(np.maximum(integers / factor, low), high)
        return (ROUNDINGS[mode](clamped) - zero_point / factor) * out_scale

    def op_quantizelinear(self, at, x, scale, zero_point=None):
        axis = at.get("axis", 1)
        zero = np.zeros(1, np.uint8) if zero_point is None else zero_point
        limits = np.iinfo(zero.dtype)
        steps = x / along(scale, axis, x.ndim)
        shift = along(zero.astype(np.float64), axis, x.ndim)
        inside = steps[(steps + shift >= limits.min - 1) & (steps + shift <= limits.max + 1)]
        self.boundaries.see(inside, True)
        # Half to even of x / scale; the zero point comes after.
        return np.clip(np.rint(steps) + shift, limits.min, limits.max).astype(zero.dtype)

    def op_dequantizelinear(self, at, x, scale, zero_point=None):
        axis = at.get("axis", 1)
        zero = np.zeros(1) if zero_point is None else zero_point.astype(np.float64)
        return (x.astype(np.float64) - along(zero, axis, x.ndim)) * along(scale, axis, x.ndim)


def main():
    """Run the graph on a file of events."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("x", help=".npy: the graph's only input; .npz: an array per input")
    parser.add_argument("y")
    args = parser.parse_args()
    executor = Executor(onnx.load(args.model))
    loaded = np.load(args.x)
    if isinstance(loaded, np.ndarray):
        if len(executor.inputs) != 1:
            parser.error("the graph has inputs " + ", ".join(i.name for i in executor.inputs))
        loaded = {executor.inputs[0].name: loaded}
    events = {name: Executor.widen(loaded[name]) for name in loaded}
    y = executor.run(events)
    np.save(args.y, y.astype(np.float64))
    seen = executor.boundaries
    print(f"{len(y)} events, {seen.values} quantized values, {seen.near} near a boundary, {seen.ties} ties")


if __name__ == "__main__":
    main()
