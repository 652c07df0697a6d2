#!/usr/bin/env python3
"""Stand-ins for HGQ2 models, exported and run: a check of scripts/export_hgq.py.

    hgq_models.py folder

The classes have the attributes of HGQ2's layers that the exporter asks for and
compute what HGQ2 computes, with numpy and on their own.  For each model NAME
the folder gets NAME/ (what the exporter wrote), NAME_x.npy and NAME_y.npy
(10,000 events on the event's grid and beyond its range, 500 for the model that
is not exact, and their outputs).
The exporter's refusals are checked here too.
"""

import functools
import pathlib
import re
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scripts"))
import export_hgq  # noqa: E402  pylint: disable=wrong-import-position

EVENTS = 10000


# Quantizers.


def fixed(x, k, i, f, round_mode, overflow_mode):
    """Fixed-point numbers: k sign bits, i integer bits, f fraction bits; no bits give 0."""
    s = x * 2.0**f
    s = {
        "TRN": lambda: np.floor(s),
        "RND": lambda: np.floor(s + 0.5),
        "RND_CONV": lambda: np.rint(s),
        "TRN_ZERO": lambda: np.trunc(s),
        "RND_ZERO": lambda: np.sign(s) * np.ceil(np.abs(s) - 0.5),
        "RND_INF": lambda: np.sign(s) * np.floor(np.abs(s) + 0.5),
        "RND_MIN_INF": lambda: np.ceil(s - 0.5),
    }[round_mode]()
    top = 2.0**(i + f)
    if overflow_mode == "WRAP":
        s = np.mod(s + k * top, 2.0**(k + i + f)) - k * top
    else:
        low = -k * (top - 1) if overflow_mode == "SAT_SYM" else -k * top
        s = np.clip(s, low, top - 1)
    return np.where(k + i + f > 0, s * 2.0**-f, 0.0)


class BitwidthMapper:
    """Spreads numbers of bits over the tensor they belong to."""

    def bw_to_x(self, bits, shape):
        """As HGQ2: bits have size 1 along homogeneous axes."""
        return np.broadcast_to(np.asarray(bits, np.float32), shape)


class FixedPointQuantizerKIF:
    """Parameterized by k, i and f."""

    def __init__(self, k, i, f, round_mode="RND", overflow_mode="WRAP"):
        self._k, self._i, self._f = (np.asarray(v, np.float32) for v in (k, i, f))
        self.round_mode, self.overflow_mode = round_mode, overflow_mode
        self.bw_mapper = BitwidthMapper()

    @property
    def kif(self):
        """k, i, f as tensors."""
        return self._k, self._i, self._f

    def __call__(self, x):
        return fixed(x, *(v.astype(np.float64) for v in self.kif), self.round_mode, self.overflow_mode)


class FixedPointQuantizerKBI(FixedPointQuantizerKIF):
    """Parameterized by k, b (bits without sign) and i; has no kif here, as one may write such a class."""

    def __init__(self, k, b, i, round_mode="RND_CONV", overflow_mode="SAT_SYM"):
        super().__init__(k, i, np.asarray(b) - np.asarray(i), round_mode, overflow_mode)
        self.k, self.b, self.i = self._k, np.asarray(b, np.float32), self._i

    kif = None

    def __call__(self, x):
        k, b, i = (v.astype(np.float64) for v in (self.k, self.b, self.i))
        return fixed(x, k, i, b - i, self.round_mode, self.overflow_mode)


class Quantizer:
    """Wraps one of them; also a layer."""

    scaler = None
    affine = None

    def __init__(self, quantizer, name="quantizer"):
        self.quantizer, self.name = quantizer, name

    def __call__(self, x):
        return self.quantizer(x)


# Layers.


def relu(x):
    """The activation."""
    return np.maximum(x, 0.0)


class Layer:
    """Common to all: optional quantizers of input and output."""

    def __init__(self, name, iq=None, oq=None):
        self.name, self.iq, self.oq = name, iq, oq
        self.enable_iq, self.enable_oq = iq is not None, oq is not None

    def __call__(self, *inputs):
        if self.enable_iq:
            quantizers = self.iq if isinstance(self.iq, list) else [self.iq]
            inputs = [q(x) for q, x in zip(quantizers, inputs)]
        y = self.compute(*inputs)
        return self.oq(y) if self.enable_oq else y


class QDense(Layer):
    """Dense over the last axis."""

    def __init__(self, name, kernel, kq, bias=None, bq=None, activation=None, **quantizers):
        super().__init__(name, **quantizers)
        self.kernel, self.kq, self.bias, self.bq, self.activation = kernel, kq, bias, bq, activation

    @property
    def qkernel(self):
        """What the kernel is rounded to."""
        return self.kq(self.kernel)

    @property
    def qbias(self):
        """What the bias is rounded to."""
        return None if self.bias is None else self.bq(self.bias)

    def compute(self, x):
        """The layer's formula."""
        y = x @ self.qkernel
        y = y if self.bias is None else y + self.qbias
        return y if self.activation is None else self.activation(y)


class QEinsumDense(QDense):
    """The same by an equation."""

    def __init__(self, name, equation, *args, **keys):
        super().__init__(name, *args, **keys)
        self.equation = equation

    def compute(self, x):
        """The layer's formula."""
        y = np.einsum(self.equation, x, self.qkernel)
        y = y if self.bias is None else y + self.qbias
        return y if self.activation is None else self.activation(y)


class QBatchNormalization(Layer):
    """Scale and offset, quantized."""

    def __init__(self, name, scale, offset, kq, bq, **quantizers):
        super().__init__(name, **quantizers)
        self.qscaler_and_qoffset = kq(scale), bq(offset)

    def compute(self, x):
        """The layer's formula."""
        scale, offset = self.qscaler_and_qoffset
        return x * scale + offset


class QAdd(Layer):
    """Sum of its inputs."""

    def compute(self, *inputs):
        """The layer's formula."""
        return sum(inputs)


class ReLU(Layer):
    """Its own layer."""

    negative_slope, threshold, max_value = 0.0, 0.0, None

    def compute(self, x):
        """The layer's formula."""
        return relu(x)


class Flatten(Layer):
    """Tokens side by side."""

    def compute(self, x):
        """The layer's formula."""
        return x.reshape(len(x), -1)


class Dropout(Layer):
    """Nothing."""

    def compute(self, x):
        """The layer's formula."""
        return x


class QConv1D(Layer):
    """Not supported by the exporter."""


class QUnaryFunctionLUT(Layer):
    """A function by a table."""

    def __init__(self, name, activation, **quantizers):
        super().__init__(name, **quantizers)
        self.activation = activation

    def compute(self, x):
        """The layer's formula, in the precision of HGQ2."""
        return self.activation(np.asarray(x, np.float32)).astype(np.float64)


class QGlobalAveragePooling1D(Layer):
    """The mean of all tokens."""

    def compute(self, x):
        """The layer's formula."""
        return x.mean(axis=1)


class QGlobalMaxPooling1D(Layer):
    """The maximum of all tokens."""

    def compute(self, x):
        """The layer's formula."""
        return x.max(axis=1)


class QSum(Layer):
    """The sum of all tokens times a power of two."""

    def __init__(self, name, scale, **quantizers):
        super().__init__(name, **quantizers)
        self.axes, self.scale, self.keepdims = (1,), scale, False

    def compute(self, x):
        """The layer's formula."""
        return x.sum(axis=1) * self.scale


class QSoftmax(Layer):
    """Softmax over the last axis, of which a mask leaves elements out; without tables as if theirs did not round."""

    def __init__(self, name, axes=(-1,), input_scaler=1.0, tables=None, **quantizers):
        super().__init__(name, **quantizers)
        self.axes, self.input_scaler, self.stable = axes, input_scaler, True
        self.exp_table, self.inv_table = tables or (None, None)

    def __call__(self, x, mask=None):
        x = self.iq(x) if self.enable_iq else x
        y = self.compute(x, 1.0 if mask is None else mask)
        return self.oq(y) if self.enable_oq else y

    def compute(self, x, mask):
        """The layer's formula; the maximum is one of masked elements, too."""
        distance = x.max(axis=-1, keepdims=True) - x
        if self.exp_table is not None:
            e = self.exp_table(distance) * mask
            return e * self.inv_table(e.sum(axis=-1, keepdims=True))
        e = np.exp(-distance * self.input_scaler)
        return e / e.sum(axis=-1, keepdims=True)


class QMultiHeadAttention(Layer):
    """Self-attention of four QEinsumDense and a QSoftmax; the scale of the scores is in the exponential."""

    def __init__(self, name, parts, softmax, **quantizers):
        super().__init__(name, **quantizers)
        self._query_dense, self._key_dense, self._value_dense, self._output_dense = parts
        self._softmax = softmax

    def __call__(self, query, value, value_mask=None):
        q, k, v = self._query_dense(query), self._key_dense(value), self._value_dense(value)
        mask = None if value_mask is None else value_mask[:, None, None, :]
        weights = self._softmax(np.einsum("bthd,bshd->bhts", q, k), mask)
        y = self._output_dense(np.einsum("bhts,bshd->bthd", weights, v))
        return self.oq(y) if self.enable_oq else y


class InputLayer(Layer):
    """The event, or a mask."""

    def __init__(self, name, shape=()):
        super().__init__(name)
        self.batch_shape = (None, *shape)

    def compute(self, x):
        """The layer's formula."""
        return x


class Sequential:
    """Layers in a row."""

    def __init__(self, name, input_shape, layers):
        self.name, self.input_shape, self.layers = name, (None, *input_shape), layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Tensor:
    """What Keras hands from layer to layer while a functional model is made."""

    def __init__(self, layer):
        self._keras_history = (layer, 0, 0)


class Arguments:
    """How a layer was called."""

    def __init__(self, kwargs):
        self.kwargs = kwargs


class Node:
    """A use of a layer."""

    def __init__(self, inputs, named=()):
        self.input_tensors = [Tensor(layer) for layer in inputs]
        self.arguments = Arguments(dict(zip(named, self.input_tensors[-len(named):])) if named else {})


class Functional:
    """Layers with named inputs: (layer, [layers]), or (layer, [layers], names of the last of them)."""

    def __init__(self, name, input_shape, uses):
        self.name, self.input_shape = name, (None, *input_shape)
        self.operations = [use[0] for use in uses]
        self.inputs = {use[0]: use[1] for use in uses}
        masks = [layer for layer in self.operations if isinstance(layer, InputLayer)][1:]
        if masks:
            self.input_shape = [self.input_shape, *(mask.batch_shape for mask in masks)]
        for layer, *use in uses:
            layer._inbound_nodes = [Node(*use)]

    def __call__(self, *inputs):
        values, inputs = {}, list(inputs)
        for layer, sources in self.inputs.items():
            values[layer] = layer(*([values[i] for i in sources] or [inputs.pop(0)]))
        return values[self.operations[-1]]


# Models.


class Maker:
    """Seeded parts of models."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def lane(self, *shape, k=1, i=(0, 4), f=(1, 6), prune=0.1, modes=("RND", "WRAP")):
        """Quantizer of activations, formats per element of `shape`."""
        i_bits, f_bits = self.rng.integers(*i, shape), self.rng.integers(*f, shape)
        k_bits = self.rng.integers(0, 2, shape) if k is None else np.full(shape, k)
        gone = self.rng.uniform(size=shape) < prune
        gone.flat[0] = False
        return Quantizer(FixedPointQuantizerKIF(k_bits, i_bits, np.where(gone, -i_bits - k_bits, f_bits), *modes))

    def kernel(self, inputs, units):
        """Kernel and its quantizer, formats per weight; about a third is pruned."""
        bits = self.rng.integers(0, 6, (inputs, units)) * (self.rng.uniform(size=(inputs, units)) < 0.8)
        integer = self.rng.integers(-2, 2, (inputs, units))
        return self.rng.normal(0, 0.7, (inputs, units)), Quantizer(
            FixedPointQuantizerKBI(np.ones((inputs, units)), bits, integer))

    def bias(self, units):
        """Bias and its quantizer."""
        return self.rng.normal(0, 1, units), Quantizer(
            FixedPointQuantizerKIF(np.ones(units), np.full(units, 2), self.rng.integers(1, 8, units), "RND_CONV", "SAT"))

    def dense(self, name, inputs, units, activation=None, **quantizers):
        """A QDense."""
        kernel, kq = self.kernel(inputs, units)
        bias, bq = self.bias(units)
        return QDense(name, kernel, kq, bias, bq, activation, **quantizers)


def mlp():
    """Formats per element, pruned elements, signed and unsigned ones in one tensor; wrapping."""
    m = Maker(11)
    return Sequential("mlp", (10,), [
        m.dense("first", 10, 16, relu, iq=m.lane(1, 10, k=None)),
        Dropout("dropout"),
        m.dense("second", 16, 12, relu, iq=m.lane(1, 16, k=0, modes=("TRN", "SAT"))),
        m.dense("third", 12, 5, iq=m.lane(1, 12, k=0, modes=("RND_CONV", "SAT")), oq=m.lane(1, 5, i=(3, 6))),
    ])


def uniform():
    """One format for each tensor; no bias; the event's quantizer becomes the event's format."""
    m = Maker(12)
    one = [Quantizer(FixedPointQuantizerKIF([[1]], [[i]], [[f]], *modes)) for i, f, modes in
           ((2, 4, ("RND_CONV", "SAT")), (3, 3, ("RND", "SAT_SYM")), (4, 2, ("TRN", "WRAP")))]
    kernel, kq = m.kernel(8, 6)
    return Sequential("uniform", (8,), [
        QDense("first", kernel, kq, activation=relu, iq=one[0]),
        m.dense("second", 6, 3, iq=one[1], oq=one[2]),
    ])


def tokens():
    """Tokens by QEinsumDense, then a flatten; formats per feature, the same for all tokens."""
    m = Maker(13)
    kernel, kq = m.kernel(4, 6)
    bias, bq = m.bias(6)
    head = m.dense("head", 48, 3)
    lane = m.lane(1, 1, 6, k=0, modes=("RND", "SAT")).quantizer
    k, i, f = (np.tile(v.reshape(1, 6), (1, 8)) for v in lane.kif)  # behind the flatten: 8 times the same
    head.iq, head.enable_iq = Quantizer(FixedPointQuantizerKIF(k, i, f, "RND", "SAT")), True
    return Sequential("tokens", (8, 4), [
        QEinsumDense("embed", "...a,ab->...b", kernel, kq, bias, bq, relu, iq=m.lane(1, 1, 4)),
        Flatten("flatten"),
        head,
    ])


def residual():
    """A functional model with a sum, a batch normalization and quantizers and activations of their own."""
    m = Maker(14)
    event = InputLayer("event")
    stem = m.dense("stem", 8, 8, iq=m.lane(1, 8, prune=0), oq=m.lane(1, 8, i=(2, 4), prune=0))
    branch = m.dense("branch", 8, 8, relu, iq=m.lane(1, 8, modes=("RND_ZERO", "SAT")))
    norm = QBatchNormalization(
        "norm", m.rng.uniform(0.5, 2, 8), m.rng.normal(0, 1, 8),
        Quantizer(FixedPointQuantizerKIF(np.ones(8), np.ones(8), np.full(8, 4), "RND_CONV", "SAT")),
        Quantizer(FixedPointQuantizerKIF(np.ones(8), np.full(8, 2), np.full(8, 5), "RND_CONV", "SAT")),
        iq=m.lane(1, 8, i=(2, 5), modes=("TRN_ZERO", "SAT_SYM")))
    total = QAdd("sum", iq=[m.lane(1, 8, i=(3, 4)), m.lane(1, 8, i=(3, 5))])
    bend = ReLU("bend")
    last = Quantizer(m.lane(1, 8, k=0, i=(3, 6), modes=("RND_INF", "SAT")).quantizer, "last")
    return Functional("residual", (8,), [(event, []), (stem, [event]), (branch, [stem]), (norm, [branch]),
                                         (total, [stem, norm]), (bend, [total]), (last, [bend])])


def tanh(x):
    """The function of a table."""
    return np.tanh(x)


def pooled(make, name):
    """A function of each token, then all tokens into one."""
    m = Maker(23)
    tokens_, dim = 6, 4
    bend = QUnaryFunctionLUT("bend", tanh, iq=m.lane(1, 1, 5, i=(2, 3), f=(3, 5)), oq=m.lane(1, 1, 5, i=(0, 1), f=(4, 7), modes=("RND", "SAT")))
    return Sequential(name, (tokens_, dim), [
        m.dense("embed", dim, 5, iq=m.lane(1, 1, dim)),
        bend,
        make(m.lane(1, 1, 5, i=(0, 1), f=(3, 6), modes=("RND", "SAT"))),
        m.dense("head", 5, 3, iq=m.lane(1, 5, modes=("RND_CONV", "SAT"))),
    ])


def pooled_mean():
    """Means of six tokens lie half way between two codes now and then."""
    return pooled(lambda quantizer: QGlobalAveragePooling1D("pool", iq=quantizer), "pooled_mean")


def pooled_max():
    """Maxima."""
    return pooled(lambda quantizer: QGlobalMaxPooling1D("pool", iq=quantizer), "pooled_max")


def pooled_sum():
    """Sums times a power of two."""
    return pooled(lambda quantizer: QSum("pool", 0.25, iq=quantizer), "pooled_sum")


def functions():
    """A softmax without tables: not exact, as rtlgen has its own."""
    shape = (6, 8)

    def lane(k=1, i=3, f=7):
        return Quantizer(FixedPointQuantizerKIF(*(np.full((1, *shape), v) for v in (k, i, f)), "RND_CONV", "SAT"))

    bend = QUnaryFunctionLUT("bend", tanh, iq=lane(), oq=lane(i=0, f=9))
    return Sequential("functions", shape, [bend, QSoftmax("last", (2,), iq=lane(), oq=lane(k=0, i=0, f=10))])


def per_token():
    """Formats that differ from token to token, on both sides of dense layers and in front of a head."""
    m = Maker(22)
    tokens_, dim = 6, 4
    kernel, kq = m.kernel(dim, 5)
    bias, bq = m.bias(5)
    head = m.dense("head", 5 * tokens_, 3, iq=m.lane(1, 5 * tokens_, k=None, modes=("RND_CONV", "SAT")))
    some = m.lane(1, tokens_, 5, k=None, i=(2, 4), modes=("RND", "SAT_SYM"))
    for bits in (some.quantizer._k, some.quantizer._i, some.quantizer._f):
        bits[:, :, :2] = bits[:, :1, :2]  # two features have one format for all tokens
    each = m.bias(tokens_ * 5)  # a bias for each token and unit
    each = each[0].reshape(tokens_, 5), Quantizer(FixedPointQuantizerKIF(
        *(v.reshape(tokens_, 5) for v in each[1].quantizer.kif), "RND_CONV", "SAT"))
    return Sequential("per_token", (tokens_, dim), [
        QEinsumDense("embed", "...a,ab->...b", kernel, kq, bias, bq, relu, iq=m.lane(1, tokens_, dim, k=None)),
        Quantizer(m.lane(1, tokens_, 5, k=0, modes=("TRN", "WRAP")).quantizer, "after_relu"),
        QEinsumDense("second", "...a,ab->...b", *m.kernel(5, 5), *each, relu, iq=some),
        Flatten("flatten"),
        head,
    ])


def attention_parts(m, shape, each, softmax_modes):
    """The layers of an attention over [tokens, dim] with 2 heads; formats of each element, or of each feature."""
    tokens_, dim = shape
    heads, key = 2, 3
    rows = tokens_ if each else 1

    def part(name, equation, *kernel_shape, **quantizers):
        units = int(np.prod(kernel_shape[1:] if name != "output" else kernel_shape[2:]))
        kernel = m.kernel(int(np.prod(kernel_shape)) // units, units)
        bits = kernel[1].quantizer
        for key_ in ("k", "b", "i"):
            setattr(bits, key_, getattr(bits, key_).reshape(kernel_shape))
        bias, bq = (None, None) if name == "key" else m.bias(units)
        if bias is not None and name != "output":
            bias = bias.reshape(kernel_shape[1:])
            bq.quantizer._k, bq.quantizer._i, bq.quantizer._f = (v.reshape(kernel_shape[1:]) for v in bq.quantizer.kif)
        return QEinsumDense(name, equation, kernel[0].reshape(kernel_shape), kernel[1], bias, bq, **quantizers)

    event = m.lane(1, rows, dim, prune=0)
    parts = [part(name, "abc,cde->abde", dim, heads, key, iq=event,
                  oq=m.lane(1, rows, heads, key, i=(2, 4), f=(1, 4), modes=("RND_CONV", "SAT")))
             for name in ("query", "key", "value")]
    parts.append(part("output", "abcd,cde->abe", heads, key, dim,
                      iq=m.lane(1, rows, heads, key, i=(1, 3), f=(3, 6), modes=("TRN", "SAT")),
                      oq=m.lane(1, rows, dim, i=(3, 5))))
    if each:  # as HGQ2 does where nothing else is said
        scores = m.lane(1, heads, tokens_, tokens_, i=(3, 5), f=(1, 4), modes=softmax_modes)
        results = m.lane(1, heads, tokens_, tokens_, k=0, i=(0, 1), f=(5, 9), modes=("RND", "SAT"))
    else:
        scores, results = (Quantizer(FixedPointQuantizerKIF([[[[k]]]], [[[[i]]]], [[[[f]]]], *modes_)) for k, i, f, modes_
                           in ((1, 4, 3, softmax_modes), (0, 1, 8, ("RND_CONV", "SAT"))))
    tables = lookup_tables((0, 4, 4, "RND", "SAT"), (0, 3, 5, "RND_CONV", "SAT"), 9, key**-0.5)
    return parts, QSoftmax("softmax", (3,), key**-0.5, tables=tables, iq=scores, oq=results)


def attention():
    """Attention with a format for each element of each tensor, a residual sum, and a flatten."""
    m = Maker(17)
    shape = (5, 4)
    start = InputLayer("start", shape)
    mha = QMultiHeadAttention("mha", *attention_parts(m, shape, True, ("RND_CONV", "SAT")))
    total = QAdd("sum", iq=[m.lane(1, *shape, prune=0), m.lane(1, *shape, prune=0)])
    flat = Flatten("flat")
    head = m.dense("head", 20, 3, iq=m.lane(1, 20, i=(2, 5)))
    return Functional("attention", shape, [(start, []), (mha, [start, start]), (total, [start, mha]), (flat, [total]),
                                           (head, [flat])])


def attention_masked():
    """Two masked attentions one behind the other, with one format for all probabilities; a quantizer of their own."""
    m = Maker(23)
    shape = (6, 3)
    start, mask = InputLayer("start", shape), InputLayer("padding", shape[:1])
    first = QMultiHeadAttention("first", *attention_parts(m, shape, False, ("RND", "WRAP")))
    second = QMultiHeadAttention("second", *attention_parts(m, shape, True, ("TRN", "SAT")), oq=m.lane(1, *shape))
    return Functional("attention_masked", shape, [
        (start, []), (mask, []), (first, [start, start, mask], ["value_mask"]),
        (second, [first, first, mask], ["value_mask"])])


def modes(overflow):
    """All rounding modes with one overflow mode, one behind the other; ties are common."""
    m = Maker(15)
    layers = []
    for rounding in ("TRN", "RND", "RND_CONV", "TRN_ZERO", "RND_ZERO", "RND_MIN_INF", "RND_INF"):
        lane = m.lane(1, 6, i=(1, 3), f=(2, 5), prune=0, modes=(rounding, overflow))
        layers.append(m.dense(f"{rounding.lower()}", 6, 6, iq=lane))
        layers[-1].kernel = m.rng.integers(-4, 5, (6, 6)) * 0.25
        layers[-1].kq = Quantizer(FixedPointQuantizerKBI(np.ones((6, 6)), np.full((6, 6), 3), np.ones((6, 6))))
    layers[-1].oq, layers[-1].enable_oq = m.lane(1, 6, i=(3, 5)), True
    return Sequential(f"modes_{overflow.lower()}", (6,), layers)


def lookup_tables(exp_iq, inv_iq, bits, scaler=1.0):
    """The tables of a QSoftmax: quantizers that all elements share, entries of some fraction bits."""
    def shared(k, i, f, *modes_):
        return Quantizer(FixedPointQuantizerKIF([[k]], [[i]], [[f]], *modes_))

    def exponential(x):
        return np.exp(-x * np.float32(scaler))

    def inverse(x):
        return np.float32(1) / (x + np.float32(1e-7))

    return (QUnaryFunctionLUT("exp_table", exponential, iq=shared(*exp_iq), oq=shared(0, 0, bits, "RND_CONV", "SAT")),
            QUnaryFunctionLUT("inv_table", inverse, iq=shared(*inv_iq), oq=shared(0, 1, bits, "RND_CONV", "SAT")))


def softmax():
    """Tables that saturate, formats per feature on both sides."""
    m = Maker(18)
    both = lookup_tables((0, 3, 4, "RND", "SAT"), (0, 3, 5, "RND_CONV", "SAT"), 9)
    return Sequential("softmax", (8,), [
        m.dense("logits", 8, 6, iq=m.lane(1, 8)),
        QSoftmax("prob", tables=both, iq=m.lane(1, 6, i=(2, 4), f=(2, 5)),
                 oq=m.lane(1, 6, k=0, i=(0, 1), f=(5, 9), modes=("RND", "SAT"))),
    ])


def softmax_wrap():
    """Indices that wrap, signed and of 12 bits; a scaler; the product is not rounded."""
    m = Maker(19)
    both = lookup_tables((1, 3, 3, "TRN", "WRAP"), (1, 2, 9, "RND_ZERO", "SAT_SYM"), 8, 0.5)
    return Sequential("softmax_wrap", (8,), [
        m.dense("logits", 8, 5, iq=m.lane(1, 8)),
        QSoftmax("prob", input_scaler=0.5, tables=both, iq=m.lane(1, 5, i=(3, 5), f=(3, 6))),
    ])


def softmax_tokens():
    """A softmax of each token, one format of the result, and a layer behind it."""
    m = Maker(20)
    both = lookup_tables((0, 4, 3, "RND_CONV", "WRAP"), (0, 2, 6, "TRN", "WRAP"), 10)
    head = m.dense("head", 5, 3, iq=m.lane(1, 1, 5, k=0, i=(0, 1), f=(4, 8)))
    return Sequential("softmax_tokens", (4, 6), [
        m.dense("logits", 6, 5, iq=m.lane(1, 1, 6)),
        QSoftmax("prob", (2,), tables=both, iq=m.lane(1, 1, 5, i=(2, 4), f=(2, 4)),
                 oq=Quantizer(FixedPointQuantizerKIF([[[0]]], [[[1]]], [[[8]]], "RND_CONV", "SAT"))),
        head,
    ])


MODELS = [mlp, uniform, tokens, residual, functions, per_token, attention, attention_masked, softmax, softmax_wrap,
          softmax_tokens, pooled_mean, pooled_max, pooled_sum,
          *(functools.partial(modes, o) for o in ("WRAP", "SAT", "SAT_SYM"))]


def events(name, model, description):
    """Seeded events on the grid of the event's format, some beyond its range; in between where one format holds."""
    rng = np.random.default_rng([ord(c) for c in name])
    width, integer = re.search(r"format: .u?fixed<(\d+),(-?\d+)", description).groups()
    step = 2.0**(int(integer) - int(width))
    if name == "functions":
        return np.rint(rng.normal(0, 1, (500, *model.input_shape[1:])) / step) * step
    shape = model.input_shape[0] if isinstance(model.input_shape, list) else model.input_shape
    x = rng.integers(-25 / step, 25 / step, (EVENTS, *shape[1:])) * step
    return x + rng.uniform(0, step, x.shape) if name == "uniform" else x


# Refusals.


def refusals(folder):
    """Models that must not be exported: name, model, part of the message."""
    m = Maker(16)
    good = m.lane(1, 4)
    scaled = m.lane(1, 4)
    scaled.scaler = 0.5
    unquantized = m.dense("d", 4, 2, iq=good)
    unquantized.kq = lambda kernel: kernel
    other_axis = QEinsumDense("d", "abc,bd->adc", *m.kernel(4, 4), iq=good)
    cases = [
        ("QConv1D is not supported", (4,), [QConv1D("conv")]),
        ("expected quantizers of its input and of its output", (4,), [QSoftmax("softmax")]),
        ("function cos", (4,), [QUnaryFunctionLUT("table", np.cos, iq=good, oq=good)]),
        ("quantizer with scaler", (4,), [m.dense("d", 4, 2, iq=scaled)]),
        ("is not quantized", (4,), [unquantized]),
        ("expected a dense over the last axis", (4, 4), [other_axis]),
        ("activation tanh", (4,), [m.dense("d", 4, 2, np.tanh, iq=good)]),
        ("round_mode STOCHASTIC", (4,), [m.dense("d", 4, 2, iq=m.lane(1, 4, modes=("STOCHASTIC", "SAT")))]),
        ("overflow_mode WRAP_SM", (4,), [m.dense("d", 4, 2, iq=m.lane(1, 4, modes=("RND", "WRAP_SM")))]),
        ("do not fit a tensor", (5,), [m.dense("d", 5, 2, iq=good)]),
        ("expected a softmax over the last axis", (4, 4), [QSoftmax("softmax", (1,), iq=good, oq=good)]),
        ("expected a softmax without a scaler, as it has no tables", (4,),
         [QSoftmax("softmax", input_scaler=0.5, iq=good, oq=good)]),
        ("kernel [4, 2] for a tensor [5]", (5,), [m.dense("d", 4, 2, iq=m.lane(1, 5))]),
        ("expected [features] or [tokens, features]", (2, 3, 4), [m.dense("d", 4, 2, iq=good)]),
        ("at most 48", (4,), [m.dense("d", 4, 2, iq=m.lane(1, 4, f=(50, 51)))]),
    ]
    models = [(text, Sequential("refused", shape, layers)) for text, shape, layers in cases]
    start, mask, wide = InputLayer("start", (5, 4)), InputLayer("mask", (5,)), InputLayer("wide", (5, 5))

    def attended(more=(), named=(), stable=True, tables=None):
        parts, weights = attention_parts(Maker(24), (5, 4), True, ("RND", "SAT"))
        weights.stable = stable
        weights.exp_table, weights.inv_table = tables or (weights.exp_table, weights.inv_table)
        mha = QMultiHeadAttention("mha", parts, weights)
        return Functional("refused", (5, 4), [(start, []), *((layer, []) for layer in more),
                                              (mha, [start, start, *more], list(named))])

    wide_table = lookup_tables((0, 3, 10, "RND", "SAT"), (0, 3, 5, "RND_CONV", "SAT"), 9)
    models += [
        ("mha: its softmax cannot be taken along, as it has no tables of distances", attended(stable=False)),
        ("mha: its softmax cannot be taken along, as its exp_table has an index of 13 bits",
         attended(tables=wide_table)),
        ("mha: called with query_mask, expected value_mask or key_mask", attended([mask], ["query_mask"])),
        ("wide: an input too many, expected an event and perhaps a mask", attended([wide], ["value_mask"])),
    ]
    for text, model in models:
        try:
            export_hgq.export(model, folder / "refused")
        except export_hgq.ExportError as error:
            if text not in str(error) or "\n" in str(error):
                raise SystemExit(f"refused with '{error}', expected '{text}'") from error
        else:
            raise SystemExit(f"was exported, expected '{text}'")
        if (folder / "refused").exists():
            raise SystemExit(f"something was written for '{text}'")


def fallbacks(folder):
    """Softmaxes whose tables cannot be taken along: part of the note."""
    m = Maker(21)
    good = lookup_tables((0, 3, 4, "RND", "SAT"), (0, 3, 5, "RND_CONV", "SAT"), 9)
    wide = lookup_tables((0, 3, 10, "RND", "SAT"), (0, 3, 5, "RND_CONV", "SAT"), 9)
    rising = (QUnaryFunctionLUT("exp_table", np.exp, iq=good[0].iq, oq=good[0].oq), good[1])
    each = (QUnaryFunctionLUT("exp_table", good[0].activation, iq=m.lane(1, 4), oq=good[0].oq), good[1])
    lane = m.lane(1, 4, prune=0)
    unstable = QSoftmax("softmax", tables=good, iq=lane, oq=lane)
    unstable.stable = False
    cases = [
        ("exp_table has an index of 13 bits", QSoftmax("softmax", tables=wide, iq=lane, oq=lane)),
        ("exp_table does not fall", QSoftmax("softmax", tables=rising, iq=lane, oq=lane)),
        ("exp_table has no quantizer that all elements share", QSoftmax("softmax", tables=each, iq=lane, oq=lane)),
        ("no tables of distances to the maximum", unstable),
    ]
    for number, (text, layer) in enumerate(cases):
        notes = export_hgq.export(Sequential("near", (4,), [layer]), folder / f"near{number}")
        if len(notes) != 1 or "close, not equal" not in notes[0] or text not in notes[0]:
            raise SystemExit(f"noted {notes}, expected '{text}'")


def main():
    """Write everything to the folder."""
    folder = pathlib.Path(sys.argv[1])
    refusals(folder)
    fallbacks(folder)
    for make in MODELS:
        model = make()
        export_hgq.export(model, folder / model.name)
        x = events(model.name, model, (folder / model.name / "model.yaml").read_text())
        if isinstance(model.input_shape, list):  # a mask, in some events of all tokens or of none
            rng = np.random.default_rng(5)
            valid = (rng.uniform(size=x.shape[:2]) < rng.choice([0.0, 0.3, 0.7, 1.0], (len(x), 1))).astype(np.int64)
            np.savez(folder / f"{model.name}_x.npz", x=x, valid=valid)
            y = model(x, valid)
        else:
            np.save(folder / f"{model.name}_x.npy", x)
            y = model(x)
        np.save(folder / f"{model.name}_y.npy", y.reshape(len(y), -1))
        print(model.name, len(np.unique(y, axis=0)), "different outputs")


if __name__ == "__main__":
    main()
