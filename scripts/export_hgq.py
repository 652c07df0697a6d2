#!/usr/bin/env python3
"""Turn an HGQ2 model (Keras 3, quantizers per element) into model.yaml and weights.npz.

    export_hgq.py model.keras -o folder

or, where the model is at hand:

    import export_hgq
    export_hgq.export(model, "folder")

Needs keras and hgq to load a file, numpy alone for a model at hand: all that is
asked of layers are the attributes that HGQ2 documents.  Numbers come out exactly:
integer weights with a scale, `quantize` layers with a format per feature, or per
token and feature (docs/yaml.md).  The event is taken in the format of the first
quantizer, or the smallest one that holds all of its formats.

Exact are QDense, QBatchNormDense, QEinsumDense (over the last axis),
QBatchNormalization, QAdd, Quantizer, ReLU, Flatten, Reshape to a vector, Dropout.
Exact are QMultiHeadAttention of a tensor with itself and QSoftmax over the features
as well, as the tables of a softmax are taken along: they have at most 2^12 entries,
one quantizer for all elements, and stable=True.  A second input [tokens] that is the
value_mask or key_mask of attentions becomes the mask of the event.
Other QSoftmax, and always QUnaryFunctionLUT, become the layers of the same function
with formats that hold those of HGQ2; their tables are rtlgen's own, so that results
are close, not equal (a note says so).
Problems are reported in one line, exit status 2; nothing is written then.
"""

import argparse
import pathlib
import re
import sys
import tempfile

import numpy as np

ROUNDINGS = {
    "TRN": "trn", "RND": "rnd", "RND_CONV": "rnd_conv", "TRN_ZERO": "trn_zero", "RND_ZERO": "rnd_zero",
    "RND_MIN_INF": "rnd_min_inf", "RND_INF": "rnd_inf",
    "S_RND": "rnd", "S_RND_CONV": "rnd_conv",  # stochastic only while training
}
OVERFLOWS = {"WRAP": "wrap", "SAT": "sat", "SYM": "sat_sym", "SAT_SYM": "sat_sym"}
MAX_WIDTH = 48
MAX_INDEX = 12  # bits of a table's index
MAX_ENTRY = 24  # bits of a table's entry
MAX_FRACTION = 32  # fraction bits of a table's entry


class ExportError(Exception):
    """What is wrong with a model, in one line."""


def array(tensor):
    """A tensor of any Keras backend as float64."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
    if hasattr(tensor, "numpy"):
        tensor = tensor.numpy()
    return np.asarray(tensor, np.float64)


def quoted(value):
    """YAML text of a number or a format."""
    return value if isinstance(value, int) else f'"{value}"'


def kind(layer):
    """The class of a layer, by name: neither keras nor hgq need be there."""
    return type(layer).__name__


# Quantizers.


def spread(inner, bits, shape, where):
    """Numbers of bits for each element of a tensor, as HGQ2's mapper spreads them (else by broadcasting)."""
    mapper = getattr(inner, "bw_mapper", None)
    try:
        return np.broadcast_to(array(mapper.bw_to_x(bits, shape) if mapper is not None else bits), shape)
    except Exception as error:  # what a backend raises for shapes that do not fit
        raise ExportError(f"{where}: formats {list(np.shape(bits))} do not fit a tensor {list(shape)}") from error


class Formats:
    """What one quantizer does to a tensor: k, i, f (sign, integer bits without sign, fraction bits) of each element, as
    [tokens, features], or [1, features] where tokens agree."""

    def __init__(self, quantizer, shape, where, features, order=None):
        """`shape`: that of the tensor without batch, whose axes are put in this order before it is taken for rows of
        `features` elements, a row a token."""
        for extra in ("scaler", "affine"):
            if getattr(quantizer, extra, None) is not None:
                raise ExportError(f"{where}: quantizer with {extra}, expected none")
        inner = getattr(quantizer, "quantizer", quantizer)
        self.identity = kind(inner).startswith("Dummy")
        if self.identity:
            return
        k, i, f = self.kif(inner, where)
        order = order or range(len(shape))
        wide = [spread(inner, v, (1, *shape), where)[0].transpose(order).reshape(-1, features) for v in (k, i, f)]
        if any((v != np.rint(v)).any() for v in wide):
            raise ExportError(f"{where}: numbers of bits are not whole")
        if not any((v != v[0]).any() for v in wide):
            wide = [v[:1] for v in wide]
        self.k, self.i, self.f = (v.astype(np.int64) for v in wide)
        self.rounding = self.mode(inner, "round_mode", ROUNDINGS, where)
        self.overflow = self.mode(inner, "overflow_mode", OVERFLOWS, where)
        self.width = np.maximum(self.k + self.i + self.f, 0)
        # What is pruned has no format; keep its numbers out of sight.
        for values in (self.k, self.i, self.f):
            values[self.width == 0] = 0
        if self.width.max(initial=0) > MAX_WIDTH:
            raise ExportError(f"{where}: {self.width.max()} bits, expected at most {MAX_WIDTH}")

    @staticmethod
    def kif(inner, where):
        """k, i, f of either parameterization."""
        if getattr(inner, "kif", None) is not None:
            return inner.kif
        if not hasattr(inner, "k") or not hasattr(inner, "i"):
            raise ExportError(f"{where}: {kind(inner)} is no fixed-point quantizer")
        if hasattr(inner, "f"):
            return inner.k, inner.i, inner.f
        return inner.k, inner.i, array(inner.b) - array(inner.i)

    @staticmethod
    def mode(inner, name, known, where):
        """A mode by the name docs/yaml.md gives it."""
        value = str(getattr(inner, name)).upper()
        if value not in known:
            raise ExportError(f"{where}: {name} {value}, expected one of {', '.join(known)}")
        return known[value]

    def uniform(self):
        """Whether all elements have the same format."""
        return (self.width > 0).all() and all((v == v.flat[0]).all() for v in (self.k, self.i, self.f))

    def bounds(self):
        """The k, i and f that hold those of all elements."""
        used = self.width > 0
        if not used.any():
            raise ExportError("all features of a tensor are pruned")
        return tuple(int(v[used].max()) for v in (self.k, self.i, self.f))

    def same(self, other):
        """Whether what `other` made passes through unchanged: what is on the grid and in range is not rounded."""
        pairs = ((self.k, other.k), (self.i, other.i), (self.f, other.f))
        equal = all(np.array_equal(a, b) for a, b in pairs)
        one = self.uniform() and other.uniform() and all(a.flat[0] == b.flat[0] for a, b in pairs)
        return (equal or one) and self.overflow == other.overflow

    def within(self, other):
        """Whether rounding by `other` first makes no difference that the event's format does not make."""
        modes = self.rounding == other.rounding and self.overflow == other.overflow
        return modes and all(a <= b for a, b in zip(self.bounds(), other.bounds()))

    def hull(self):
        """Text of the smallest format that holds those of all elements."""
        k, i, f = self.bounds()
        width = k + i + f
        if width > MAX_WIDTH:
            raise ExportError(f"formats of a tensor span {width} bits, expected at most {MAX_WIDTH}")
        return f"{'' if k else 'u'}fixed<{width},{k + i},{self.rounding},{self.overflow}>"


class FunctionTable:
    """A QUnaryFunctionLUT as a table: an entry for each code of its input quantizer, computed by the layer itself."""

    def __init__(self, layer, shape, where):
        """`shape`: that of its input without batch. Raises ExportError where it is no table for all elements."""
        if not getattr(layer, "enable_iq", False) or not getattr(layer, "enable_oq", False):
            raise ExportError(f"{where} has no quantizers of its input and of its output")
        index = Formats(layer.iq, shape, f"{where}.iq", shape[-1])
        entry = Formats(layer.oq, shape, f"{where}.oq", shape[-1])
        if any(formats.identity or not formats.uniform() for formats in (index, entry)):
            raise ExportError(f"{where} has no quantizer that all elements share")
        width = int(index.width.flat[0])
        if width > MAX_INDEX:
            raise ExportError(f"{where} has an index of {width} bits, expected at most {MAX_INDEX}")
        self.index = index.hull()
        self.frac = max(int(entry.f.flat[0]), 0)
        codes = np.arange(2**width)
        codes = np.where(index.k.flat[0] * 2 * codes >= 2**width, codes - 2**width, codes)
        self.points = np.ldexp(codes.astype(np.float64), -int(index.f.flat[0]))
        column = self.points.astype(np.float32).reshape(-1, *[1] * len(shape))
        self.function = array(layer.activation(column)).reshape(-1)
        mantissas = np.ldexp(array(layer.oq(layer.activation(column))).reshape(-1), self.frac)
        whole = (mantissas == np.rint(mantissas)).all() and mantissas.min() >= 0 and mantissas.max() < 2.0**MAX_ENTRY
        if not whole or self.frac > MAX_FRACTION:
            raise ExportError(f"{where} has entries that are not whole numbers from 0 to 2^{MAX_ENTRY} - 1 with "
                              f"at most {MAX_FRACTION} fraction bits")
        self.entries = mantissas.astype(np.int64)


# The graph.


def operations(model):
    """Layers with their inputs, in order of computation: pairs (layer, [layers])."""
    ordered = list(getattr(model, "operations", None) or model.layers)
    pairs = []
    functional = all(getattr(layer, "_inbound_nodes", None) for layer in ordered)
    previous = None
    for layer in ordered:
        if not functional:
            pairs.append((layer, [] if previous is None else [previous]))
            previous = layer
            continue
        nodes = layer._inbound_nodes
        if len(nodes) != 1:
            raise ExportError(f"{layer.name}: is used {len(nodes)} times, expected once")
        if kind(layer) == "QMultiHeadAttention":
            check_call(layer, getattr(nodes[0], "arguments", None))
        pairs.append((layer, [t._keras_history[0] for t in nodes[0].input_tensors]))
    return pairs


def check_call(layer, arguments):
    """Refuses masks of an attention that are none of keys and values."""
    keys = getattr(arguments, "kwargs", None) or {}
    used = [key for key in ("query_mask", "attention_mask", "use_causal_mask") if keys.get(key) not in (None, False)]
    used += ["mask without a name"] if len(getattr(arguments, "args", ())) > 3 else []
    if used:
        raise ExportError(f"{layer.name}: called with {used[0]}, expected value_mask or key_mask: results of padding "
                          "tokens are not masked")


def event_shape(model):
    """Tokens and features of the model's input, the first one, as the shape without batch."""
    shape = tuple(model.input_shape)
    shape = tuple(shape[0] if isinstance(shape[0], (tuple, list)) else shape)[1:]
    if not 1 <= len(shape) <= 2 or any(not isinstance(s, int) for s in shape):
        raise ExportError(f"input {list(shape)}, expected [features] or [tokens, features] of fixed size")
    return shape


class Export:
    """Collects layers and arrays."""

    def __init__(self, model, name):
        self.name = name
        self.lines, self.arrays, self.used = [], {}, set()
        self.notes, self.precisions = [], {}  # what is not exact; formats of elementary layers
        self.tensor, self.shape = {}, {}  # of each layer: name of the yaml layer, shape without batch
        self.flattened = {}  # yaml flatten layers: what they flatten, and the line they have
        self.event_format = None
        self.formats = {}  # those of quantized tensors, by the name of the yaml layer
        self.placed = []  # quantize layers: source, formats, name
        self.mask, self.masked = None, set()  # the input that is the mask of the event; attentions that use it
        self.event = event_shape(model)
        for layer, inputs in operations(model):
            self.visit(layer, inputs)

    def unique(self, name):
        """A name that docs/yaml.md allows and that is not taken."""
        base = re.sub(r"[^A-Za-z0-9_]", "_", str(name))[:50] or "layer"
        base = "layer_" + base if base in ("event", "mask") or not base[0].isalpha() else base
        name, count = base, 1
        while name in self.used:
            count += 1
            name = f"{base}_{count}"
        self.used.add(name)
        return name

    def line(self, name, source, **keys):
        """Add a layer; values are YAML text."""
        parts = {"name": name, **keys}
        if source is not None:
            parts["input"] = source
        self.lines.append("  - {" + ", ".join(f"{k}: {v}" for k, v in parts.items()) + "}")
        return name

    def visit(self, layer, inputs):
        """Add one layer of the model."""
        name = kind(layer)
        for source in [layer, *inputs]:  # sequential models do not list their input
            if kind(source) == "InputLayer" and source not in self.tensor and source is not self.mask:
                self.input(source)
        if name == "InputLayer":
            return
        if self.mask in inputs and name == "QMultiHeadAttention":
            inputs = [source for source in inputs if source is not self.mask]
            self.masked.add(layer)
        if any(source not in self.tensor for source in inputs):
            raise ExportError(f"{layer.name}: its inputs are not those of the layers before")
        sources = [self.tensor[s] for s in inputs] or ["event"]
        shapes = [self.shape[s] for s in inputs] or [self.event]
        method = getattr(self, "layer_" + name.lower(), None)
        if method is None:
            raise ExportError(f"{layer.name}: {name} is not supported, expected QDense, QEinsumDense, "
                              "QBatchNormalization, QAdd, QSoftmax, QUnaryFunctionLUT, QSum, QGlobalAveragePooling1D, QGlobalMaxPooling1D, QMultiHeadAttention, Quantizer, "
                              "ReLU, Flatten or Dropout")
        result, shape = method(layer, sources, shapes)
        if getattr(layer, "enable_oq", False):
            result = self.quantize(layer.oq, result, shape, f"{layer.name}.oq", f"{layer.name}_oq")
        self.tensor[layer], self.shape[layer] = result, shape

    def input(self, layer):
        """An input: the event, then perhaps a mask."""
        if "event" not in self.tensor.values():
            self.tensor[layer], self.shape[layer] = "event", self.event
        elif self.mask is None and len(self.event) == 2 and tuple(layer.batch_shape)[1:] == self.event[:1]:
            self.mask = layer
        else:
            raise ExportError(f"{layer.name}: an input too many, expected an event and perhaps a mask [tokens]")

    # Parts of layers.

    def quantize(self, quantizer, source, shape, where, name, features=None, order=None):
        """Add a quantizer, of as many features a token; the first one on the event gives the event's format."""
        flat = self.flattened.get(source)
        formats = Formats(quantizer, shape, where, flat[1] if flat else features or shape[-1], order)
        if formats.identity:
            return source
        if flat:  # a quantizer behind a flatten is the same as one in front of it
            if not any(re.search(rf"\b{source}\b", line) for line in self.lines if line != flat[2]):
                self.lines.remove(flat[2])
            return self.flatten(self.unique(source), self.place(formats, flat[0], name), flat[1])
        return self.place(formats, source, name)

    def place(self, formats, source, name):
        """Add a layer for these formats."""
        if source == "event":
            self.event_format = self.event_format or formats
            if not formats.within(self.event_format):
                raise ExportError(f"{name}: a second quantizer of the event, and not coarser than the first one")
            if formats.uniform() and formats.hull() == self.event_format.hull():
                self.formats["event"] = formats
                return source
        if source in self.formats and formats.same(self.formats[source]):
            return source
        for known, other, placed in self.placed:  # such as those of queries, keys and values
            if known == source and formats.same(other) and formats.rounding == other.rounding:
                return placed
        name = self.unique(name)
        self.formats[name] = formats
        self.placed.append((source, formats, name))
        modes = {"rounding": formats.rounding, "overflow": formats.overflow}
        if formats.uniform():
            return self.line(name, source, type="quantize", format=f'"{formats.hull()}"')
        per_token = len(formats.k) > 1
        known = {"width": formats.width, "integer": formats.k + formats.i}
        if len(set(formats.k[formats.width > 0])) > 1:
            known["signed"] = formats.k
        for key, values in known.items():
            self.arrays[f"{name}.{key}"] = values if per_token else values[0]
        return self.line(name, source, type="quantize", formats="per_token" if per_token else "per_feature",
                         signed=str(bool(formats.k.max())).lower(), **modes)

    def input_quantized(self, layer, source, shape):
        """The layer's input behind its quantizer."""
        if not getattr(layer, "enable_iq", False):
            return source
        return self.quantize(layer.iq, source, shape, f"{layer.name}.iq", f"{layer.name}_iq")

    def weights(self, name, kernel, inputs, quantizer, where):
        """Add integer weights [units, in] with the scale they share; `kernel` has `inputs` axes that are summed over,
        then those of the units."""
        fraction = 0
        while fraction < 64 and (np.ldexp(kernel, fraction) != np.rint(np.ldexp(kernel, fraction))).any():
            fraction += 1
        mantissa = np.ldexp(kernel, fraction)
        if fraction == 64 or np.abs(mantissa).max(initial=0) >= 2.0**(MAX_WIDTH - 1):
            raise ExportError(f"{where}: kernel is not quantized, or by more than {MAX_WIDTH} bits")
        inner = getattr(quantizer, "quantizer", quantizer)
        if not kind(inner).startswith("Dummy"):
            _, _, f = Formats.kif(inner, where)
            steps = np.ldexp(kernel, spread(inner, f, kernel.shape, where).astype(np.int64))
            if (steps != np.rint(steps)).any():
                raise ExportError(f"{where}: quantized kernel does not lie on the grid of its quantizer")
        rows = int(np.prod(kernel.shape[:inputs]))
        self.arrays[name + ".weight"] = mantissa.astype(np.int64).reshape(rows, -1).T
        self.arrays[name + ".weight_scale"] = np.float64(2.0**-fraction)

    def activation(self, layer):
        """Keys for the activation inside a layer."""
        function = getattr(layer, "activation", None)
        name = getattr(function, "__name__", None if function is None else str(function))
        if name in (None, "linear"):
            return {}
        if name != "relu":
            raise ExportError(f"{layer.name}: activation {name}, expected linear or relu (others: QUnaryFunctionLUT)")
        return {"activation": "relu"}

    def dense(self, layer, source, shape):
        """Add a dense over the last axis; kernel [in, units]."""
        kernel = array(layer.qkernel if hasattr(layer, "qkernel") else layer.kq(layer.kernel))
        if kernel.ndim != 2 or kernel.shape[0] != shape[-1]:
            raise ExportError(f"{layer.name}: kernel {list(kernel.shape)} for a tensor {list(shape)}")
        source = self.input_quantized(layer, source, shape)
        tokens = shape[0] if len(shape) == 2 else 1
        result = self.product(layer, self.unique(layer.name), source, kernel, 1, tokens)
        return result, (*shape[:-1], kernel.shape[1])

    def product(self, layer, name, source, kernel, inputs, tokens=1):
        """Add a dense with this kernel, whose first `inputs` axes are the features; its bias may be one of tokens."""
        units = int(np.prod(kernel.shape[inputs:]))
        self.weights(name, kernel, inputs, layer.kq, layer.name)
        keys = {"type": "dense", "units": units, **self.activation(layer)}
        bias = getattr(layer, "qbias", None)
        if bias is None:
            keys["use_bias"] = "false"
        else:
            bias = array(bias)
            if tokens > 1 and bias.size == tokens * units:
                return self.token_bias(name, source, keys, bias.reshape(tokens, units))
            if bias.size != units:
                raise ExportError(f"{layer.name}: bias {list(bias.shape)}, expected one for each unit")
            self.arrays[name + ".bias"] = bias.reshape(units)
        return self.line(name, source, **keys)

    def token_bias(self, name, source, keys, bias):
        """Add a dense whose weights go by `name`, its constants of tokens, and what it is activated with."""
        units = bias.shape[1]
        activation = keys.pop("activation", None)
        result = self.line(name, source, **keys, use_bias="false")
        result = self.line(self.unique(name + "_bias"), result, type="affine")
        self.arrays[result + ".weight"], self.arrays[result + ".bias"] = np.ones(units), bias
        if activation is None:
            return result
        return self.line(self.unique(name + "_" + activation), result, type="activation", function=activation)

    # Layers, by class.

    def layer_qdense(self, layer, sources, shapes):
        """QDense."""
        return self.dense(layer, sources[0], shapes[0])

    layer_qbatchnormdense = layer_qdense

    def layer_qeinsumdense(self, layer, sources, shapes):
        """QEinsumDense where it is a dense."""
        equation = str(layer.equation).replace(" ", "")
        match = re.fullmatch(r"(\.\.\.|[a-zA-Z]*)([a-zA-Z]),([a-zA-Z])([a-zA-Z])->(\.\.\.|[a-zA-Z]*)([a-zA-Z])", equation)
        fits = match is not None and match[1] == match[5] and match[2] == match[3] and match[4] == match[6]
        if not fits or match[2] == match[4] or match[4] in match[1]:
            raise ExportError(f"{layer.name}: equation {equation}, expected a dense over the last axis as ...a,ab->...b")
        return self.dense(layer, sources[0], shapes[0])

    layer_qeinsumdensebatchnorm = layer_qeinsumdense

    def layer_qbatchnormalization(self, layer, sources, shapes):
        """QBatchNormalization: scale and offset are quantized."""
        source = self.input_quantized(layer, sources[0], shapes[0])
        scale, offset = (array(v).reshape(-1) for v in layer.qscaler_and_qoffset)
        name = self.unique(layer.name)
        self.arrays[name + ".weight"] = np.broadcast_to(scale, shapes[0][-1:]).copy()
        self.arrays[name + ".bias"] = np.broadcast_to(offset, shapes[0][-1:]).copy()
        return self.line(name, source, type="affine"), shapes[0]

    def layer_qadd(self, layer, sources, shapes):
        """QAdd: a quantizer for each input."""
        if any(shape != shapes[0] for shape in shapes):
            raise ExportError(f"{layer.name}: shapes {[list(s) for s in shapes]} differ")
        if getattr(layer, "enable_iq", False):
            quantizers = list(layer.iq)
            sources = [self.quantize(q, s, shapes[0], f"{layer.name}.iq[{n}]", f"{layer.name}_iq{n}")
                       for n, (q, s) in enumerate(zip(quantizers, sources))]
        name = self.unique(layer.name)
        return self.line(name, None, add="[" + ", ".join(sources) + "]"), shapes[0]

    def layer_quantizer(self, layer, sources, shapes):
        """Quantizer as a layer of its own."""
        return self.quantize(layer, sources[0], shapes[0], layer.name, layer.name), shapes[0]

    def layer_relu(self, layer, sources, shapes):
        """ReLU without slope, threshold and maximum."""
        if any(getattr(layer, key, None) not in (None, 0, 0.0) for key in ("negative_slope", "threshold", "max_value")):
            raise ExportError(f"{layer.name}: expected a ReLU without slope, threshold and maximum")
        return self.line(self.unique(layer.name), sources[0], type="activation", function="relu"), shapes[0]

    def layer_activation(self, layer, sources, shapes):
        """Activation('relu')."""
        if not self.activation(layer):
            return sources[0], shapes[0]
        return self.line(self.unique(layer.name), sources[0], type="activation", function="relu"), shapes[0]

    def layer_dropout(self, _, sources, shapes):
        """Nothing at inference."""
        return sources[0], shapes[0]

    def layer_flatten(self, layer, sources, shapes):
        """Tokens side by side."""
        if len(shapes[0]) == 1:
            return sources[0], shapes[0]
        size = shapes[0][0] * shapes[0][1]
        return self.flatten(self.unique(layer.name), sources[0], shapes[0][1]), (size,)

    def flatten(self, name, source, features):
        """Add a flatten."""
        self.line(name, source, type="flatten")
        self.flattened[name] = (source, features, self.lines[-1])
        return name

    def layer_reshape(self, layer, sources, shapes):
        """Reshape to a vector."""
        target = tuple(layer.target_shape)
        if target == shapes[0]:
            return sources[0], shapes[0]
        if len(target) != 1:
            raise ExportError(f"{layer.name}: reshapes to {list(target)}, expected a vector")
        return self.layer_flatten(layer, sources, shapes)

    # Layers with tables: where they are not taken along, the function is the same, its tables are not.

    def near(self, layer, reason=""):
        """Note that a layer is not exact."""
        self.notes.append(f"{layer.name} ({kind(layer)}) is computed with tables of rtlgen: close, not equal"
                          + (f", as {reason}" if reason else ""))

    def tabled(self, layer, source, shape, reason="", **keys):
        """Add a layer that needs formats on both sides; `reason` why its tables are not taken along."""
        if not getattr(layer, "enable_iq", False) or not getattr(layer, "enable_oq", False):
            raise ExportError(f"{layer.name}: expected quantizers of its input and of its output")
        source = self.input_quantized(layer, source, shape)
        name = self.unique(layer.name)
        formats = Formats(layer.oq, shape, f"{layer.name}.oq", shape[-1])
        self.precisions[name] = {"activation": formats.hull()}
        if formats.uniform():
            self.formats[name] = formats
        self.near(layer, reason)
        return self.line(name, source, **keys), shape

    def layer_qsoftmax(self, layer, sources, shapes):
        """QSoftmax over the features."""
        shape = shapes[0]
        if tuple(getattr(layer, "axes", (-1,))) not in ((-1,), (len(shape),)):
            raise ExportError(f"{layer.name}: expected a softmax over the last axis")
        try:
            tables = self.softmax_tables(layer, shape)
        except ExportError as error:
            if getattr(layer, "input_scaler", 1.0) != 1.0:
                raise ExportError(f"{layer.name}: expected a softmax without a scaler, as {error}") from error
            keys = {"type": "softmax"}
            if getattr(layer, "enable_iq", False):  # of x log2(e): some bits more than x has
                _, i, f = Formats(layer.iq, shape, f"{layer.name}.iq", shape[-1]).bounds()
                keys["precision"] = f'{{activation: "fixed<{min(i + f + 4, MAX_WIDTH)},{i + 2}>"}}'
            return self.tabled(layer, sources[0], shape, str(error), **keys)
        source = self.input_quantized(layer, sources[0], shape)
        return self.softmax(layer, self.unique(layer.name), source, tables, shape), shape

    def softmax(self, layer, name, source, tables, shape, **keys):
        """Add a softmax with these tables; `shape`: that which its quantizers belong to."""
        for key, table in tables.items():
            self.arrays[f"{name}.{key}_table"] = table.entries
            keys.update({f"{key}_index": f'"{table.index}"', f"{key}_frac": table.frac})
        if getattr(layer, "enable_oq", False):
            formats = Formats(layer.oq, shape, f"{layer.name}.oq", shape[-1])
            if not formats.identity and formats.uniform():  # the product is rounded where it is made
                self.precisions[name] = {"activation": formats.hull()}
                self.formats[name] = formats
        return self.line(name, source, type="softmax", **keys)

    @staticmethod
    def softmax_tables(layer, shape):
        """Both tables of a QSoftmax: exp(-s d) of the distance d to the maximum, and 1 / (sum + epsilon)."""
        if not getattr(layer, "stable", False) or getattr(layer, "inv_table", None) is None:
            raise ExportError("it has no tables of distances to the maximum")
        exp = FunctionTable(layer.exp_table, shape, "its exp_table")
        inv = FunctionTable(layer.inv_table, (*shape[:-1], 1), "its inv_table")
        if exp.function[exp.points.argmin()] <= exp.function[exp.points.argmax()]:
            raise ExportError("its exp_table does not fall with the distance to the maximum")
        return {"exp": exp, "inv": inv}

    def layer_qunaryfunctionlut(self, layer, sources, shapes):
        """QUnaryFunctionLUT of a function that rtlgen has."""
        name = getattr(layer.activation, "__name__", str(layer.activation))
        name = {"swish": "silu"}.get(name, name)
        if name not in ("relu", "gelu", "sigmoid", "tanh", "silu"):
            raise ExportError(f"{layer.name}: function {name}, expected relu, gelu, sigmoid, tanh or silu")
        if not getattr(layer, "enable_iq", False) or not getattr(layer, "enable_oq", False):
            raise ExportError(f"{layer.name}: expected quantizers of its input and of its output")
        if len(Formats(layer.oq, shapes[0], f"{layer.name}.oq", shapes[0][-1]).k) > 1:
            return self.tabled(layer, sources[0], shapes[0], "formats of its output differ from token to token",
                               type="activation", function=name)
        source = self.input_quantized(layer, sources[0], shapes[0])
        return self.line(self.unique(layer.name), source, type="activation", function=name), shapes[0]

    def pool(self, layer, sources, shapes, mode):
        """Add a pool of all tokens."""
        if len(shapes[0]) != 2 or getattr(layer, "keepdims", False):
            raise ExportError(f"{layer.name}: expected to pool the tokens of [tokens, features] away")
        if self.mask is not None:
            raise ExportError(f"{layer.name}: pools padding tokens, too; expected no pool in a model with a mask")
        source = self.input_quantized(layer, sources[0], shapes[0])
        return self.line(self.unique(layer.name), source, type="pool", mode=mode), shapes[0][1:]

    def layer_qglobalaveragepooling1d(self, layer, sources, shapes):
        """Mean of all tokens, of HGQ2 or of Keras."""
        return self.pool(layer, sources, shapes, "mean")

    layer_globalaveragepooling1d = layer_qglobalaveragepooling1d

    def layer_qglobalmaxpooling1d(self, layer, sources, shapes):
        """Maximum of all tokens, of HGQ2 or of Keras."""
        return self.pool(layer, sources, shapes, "max")

    layer_globalmaxpooling1d = layer_qglobalmaxpooling1d

    def layer_qsum(self, layer, sources, shapes):
        """QSum over the tokens, times a power of two."""
        if tuple(layer.axes) not in ((1,), (-2,)):
            raise ExportError(f"{layer.name}: sums over axes {list(layer.axes)}, expected the tokens")
        source, shape = self.pool(layer, sources, shapes, "sum")
        if layer.scale == 1:
            return source, shape
        name = self.unique(source + "_scaled")
        self.arrays[name + ".weight"] = np.full(shape, float(layer.scale))
        return self.line(name, source, type="affine", use_bias="false"), shape

    layer_qmeanpow2 = layer_qaveragepow2 = layer_qsum

    def layer_qmultiheadattention(self, layer, sources, shapes):
        """QMultiHeadAttention of a tensor with itself, step by step."""
        if any(source != sources[0] for source in sources) or len(shapes[0]) != 2:
            raise ExportError(f"{layer.name}: expected self-attention over [tokens, features]")
        tokens = shapes[0][0]
        name = self.unique(layer.name)
        parts = {}
        for letter, part in (("q", layer._query_dense), ("k", layer._key_dense), ("v", layer._value_dense)):
            kernel = array(part.qkernel)
            if kernel.ndim != 3 or kernel.shape[0] != shapes[0][1]:
                raise ExportError(f"{layer.name}: kernel {list(kernel.shape)} for a tensor {list(shapes[0])}")
            source = self.head_quantized(part, "iq", sources[0], shapes[0], name)
            parts[letter] = self.head_quantized(
                part, "oq", self.product(part, self.unique(f"{name}_{letter}"), source, kernel, 1),
                (tokens, *kernel.shape[1:]), f"{name}_{letter}")
        heads, value_dim = kernel.shape[1:]
        probabilities = self.attention_weights(layer, name, parts, (heads, tokens, tokens))
        mixed = self.line(self.unique(f"{name}_mix"), None, mix=f"[{probabilities}, {parts['v']}]", heads=heads)
        out = layer._output_dense
        kernel = array(out.qkernel)
        if kernel.ndim != 3 or kernel.shape[:2] != (heads, value_dim):
            raise ExportError(f"{layer.name}: kernel {list(kernel.shape)} for {heads} heads of {value_dim}")
        mixed = self.head_quantized(out, "iq", mixed, (tokens, heads, value_dim), f"{name}_mix")
        shape = (tokens, kernel.shape[2])
        return self.head_quantized(out, "oq", self.product(out, name, mixed, kernel, 2), shape, f"{name}_out"), shape

    def head_quantized(self, layer, which, source, shape, name):
        """A tensor [tokens, heads, dim], whose heads are features here, behind the layer's `iq` or `oq`."""
        if not getattr(layer, "enable_" + which, False):
            return source
        return self.quantize(getattr(layer, which), source, shape, f"{name}.{which}", f"{name}_{which}",
                             features=int(np.prod(shape[1:])))

    def attention_weights(self, layer, name, parts, shape):
        """Scores and softmax of an attention; `shape`: heads, queries, keys. Features are [heads, keys]."""
        softmax = layer._softmax
        try:
            tables = self.softmax_tables(softmax, shape)
        except ExportError as error:
            raise ExportError(f"{layer.name}: its softmax cannot be taken along, as {error}") from error
        heads, _, keys = shape
        queries_first = {"features": heads * keys, "order": (1, 0, 2)}
        scores = self.line(self.unique(f"{name}_scores"), None, scores=f"[{parts['q']}, {parts['k']}]", heads=heads)
        if getattr(softmax, "enable_iq", False):
            scores = self.quantize(softmax.iq, scores, shape, f"{name}.softmax.iq", f"{name}_scores_iq",
                                   **queries_first)
        masked = {"masked": "true"} if layer in self.masked else {}
        result = self.softmax(softmax, self.unique(f"{name}_prob"), scores, tables, shape, groups=heads, **masked)
        if getattr(softmax, "enable_oq", False):
            result = self.quantize(softmax.oq, result, shape, f"{name}.softmax.oq", f"{name}_prob_oq", **queries_first)
        return result

    # The result.

    def description(self):
        """Text of model.yaml."""
        tokens = 1 if len(self.event) == 1 else self.event[0]
        event = self.event_format.hull() if self.event_format else "fixed<18,8>"
        mask = ", mask: valid" if self.masked else ""
        layers = ["  layers:"] if self.precisions else []
        for name, formats in self.precisions.items():
            layers.append(f'    "{name}": {{' + ", ".join(f"{k}: {quoted(v)}" for k, v in formats.items()) + "}")
        return "\n".join([
            "# HGQ2 model: formats are those of its quantizers, everything else is exact",
            *(f"# Note: {note}" for note in self.notes),
            f"model: {self.name}",
            f'input: {{tokens: {tokens}, features: {self.event[-1]}, format: "{event}"{mask}}}',
            "weights: weights.npz",
            "precision:",
            "  default: {weight: auto<16>, bias: auto<24>, activation: exact}",
            *layers,
            "layers:",
            *self.lines,
        ]) + "\n"


def core_name(text):
    """A name for the core: a Verilog identifier that is no module of the library."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", text)[:50]
    modules = {file.stem for file in pathlib.Path(__file__).resolve().parent.parent.glob("rtl_lib/*.v")}
    return name if re.match(r"[A-Za-z_]", name) and name.lower() not in modules else "model_" + name


def export(model, output):
    """Write `model` to a new folder `output`; returns notes on what is not exact. Raises ExportError."""
    output = pathlib.Path(output)
    result = Export(model, core_name(str(getattr(model, "name", "model"))))
    if not result.lines:
        raise ExportError("the model has no layers")
    if output.exists():
        raise ExportError(f"{output} exists already")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=output.name + ".tmp") as temporary:
        folder = pathlib.Path(temporary) / "new"
        folder.mkdir()
        (folder / "model.yaml").write_text(result.description(), encoding="ascii")
        np.savez(folder / "weights.npz", **result.arrays)
        folder.rename(output)
    return result.notes


def main():
    """Export a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path, help="what model.save wrote (.keras)")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="folder to make")
    args = parser.parse_args()
    try:
        try:
            import hgq  # pylint: disable=import-outside-toplevel,unused-import
            import keras  # pylint: disable=import-outside-toplevel
        except ImportError as error:
            raise ExportError(f"needs keras and hgq2 to be installed: {error}") from error
        try:
            model = keras.models.load_model(args.file, compile=False)
        except (OSError, ValueError, TypeError) as error:
            raise ExportError(f"cannot be loaded: {error}") from error
        for note in export(model, args.output):
            print("note: " + note)
    except ExportError as error:
        print(f"{args.file}: error: {error}".replace("\n", " "), file=sys.stderr)
        return 2
    print(f"{args.output}/model.yaml: next: rtlgen build {args.output}/model.yaml -o rtl")
    return 0


if __name__ == "__main__":
    sys.exit(main())
