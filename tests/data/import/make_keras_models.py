#!/usr/bin/env python3
"""Writes the Keras models of the import tests, in the layout of Keras 2 (.h5) and of Keras 3 (.keras), with events and
what a plain NumPy forward pass makes of them. Needs numpy and h5py; no Keras.

    python3 make_keras_models.py [FOLDER]
"""

import io
import json
import math
import re
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np

# ---------------------------------------------------------------------------------------------------------------------
# Quantizers, exact in float64


def round_even(x):
    return np.rint(x)


def bits_quantizer(bits, integer, alpha=1.0, symmetric=0, keep_negative=True):
    def apply(x):
        magnitude = bits - int(keep_negative)
        step = 2.0 ** (integer - magnitude)
        low = (-(2.0**magnitude) + symmetric) if keep_negative else 0.0
        return alpha * step * np.clip(round_even(x / step), low, 2.0**magnitude - 1)

    return apply


def relu_quantizer(bits, integer):
    return bits_quantizer(bits, integer, keep_negative=False)


def sign_quantizer(alpha):
    return lambda x: np.where(x >= 0, alpha, -alpha)


def ternary_quantizer(alpha, threshold):
    return lambda x: alpha * np.sign(x) * (np.abs(x) >= np.float32(threshold))


def po2_quantizer(bits, integer):
    """alpha: auto_po2 of QKeras 0.9, a scale for each output."""

    def apply(kernel):
        x = kernel / 2.0**integer
        most = 2.0 ** (bits - 1) - 1
        scale = (x.max(axis=0) - x.min(axis=0)) / (2.0**bits - 1)
        scale = 2.0 ** round_even(np.log2(scale + 1e-7))
        for _ in range(5):
            z = np.sign(x) * np.minimum(np.floor(np.abs(x) / scale + 0.5), most)
            fit = (x * z).mean(axis=0) / ((z * z).mean(axis=0) + 1e-7)
            scale = 2.0 ** round_even(np.log2(fit + 1e-7))
        return 2.0**integer * scale * z

    return apply


def linear_quantizer(bits, integer, alpha, symmetric=1):
    """quantized_linear: alpha is part of the step."""
    return bits_quantizer_with_step(bits, 2.0 ** (integer - bits + 1) * alpha, symmetric)


def bits_quantizer_with_step(bits, step, symmetric):
    top = 2.0 ** (bits - 1)
    return lambda x: step * np.clip(round_even(x / step), -top + symmetric, top - 1)


def power_quantizer(bits, max_value=None, signed=True, quadratic=False):
    """quantized_po2 and quantized_relu_po2."""
    exponent_bits = bits - int(signed) - int(max_value is None or max_value > 1)
    low, high = -(2**exponent_bits), 2**exponent_bits - 1
    factor = 2 if quadratic else 1
    high = high // factor * factor

    def apply(x):
        size = np.float32(np.abs(x) if signed else np.maximum(x, 0))
        limited = np.maximum(size, np.float32(1e-7))
        if max_value is not None:
            limited = np.minimum(limited, np.float32(max_value))
        logarithm = np.log(np.sqrt(limited) if quadratic else limited) / np.log(np.float32(2))
        exponent = np.where(size < 1e-7, low, factor * np.clip(np.rint(logarithm), low, high))
        return np.where((x < 0) & signed, -1.0, 1.0) * 2.0 ** exponent.astype(np.float64)

    return apply


def tanh_quantizer(bits, real=False, symmetric=0):
    """quantized_tanh: of tanh, or of its piecewise linear form."""
    fixed = bits_quantizer(bits, 0, symmetric=symmetric)
    return lambda x: fixed(np.tanh(x) if real else 2 * np.clip(0.5 * x + 0.5, 0, 1) - 1)


def sigmoid_quantizer(bits, real=False):
    """quantized_sigmoid: of the sigmoid, or of its piecewise linear form."""
    fixed = bits_quantizer(bits, 0, keep_negative=False)
    return lambda x: fixed(1 / (1 + np.exp(-x)) if real else np.clip(0.5 * x + 0.5, 0, 1))


def quantizer_config(name, **config):
    return {"class_name": name, "config": config, "registered_name": name}


def bits_config(bits, integer, alpha=1.0, symmetric=0):
    return quantizer_config("quantized_bits", bits=bits, integer=integer, symmetric=symmetric, alpha=alpha,
                            keep_negative=True, use_stochastic_rounding=False, qnoise_factor=1.0)


# ---------------------------------------------------------------------------------------------------------------------
# Functions


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def leaky_relu(slope):
    return lambda x: np.where(x > 0, x, slope * x)


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def selu(x):
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))


FUNCTIONS = {"linear": lambda x: x, "relu": relu, "softmax": softmax, "gelu": gelu, "sigmoid": sigmoid, "tanh": np.tanh,
             "relu6": lambda x: np.clip(x, 0, 6), "leaky_relu": leaky_relu(0.2), "elu": elu, "selu": selu,
             "hard_tanh": lambda x: np.clip(x, -1, 1), "silu": lambda x: x * sigmoid(x),
             "softplus": lambda x: np.log1p(np.exp(x)), "softsign": lambda x: x / (1 + np.abs(x)),
             "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1)}

# ---------------------------------------------------------------------------------------------------------------------
# Layers: class, configuration, weights (name in .h5, sublayer in .keras, values) and what they compute


class Layer:
    def __init__(self, class_name, name, config, weights, forward, package=None):
        self.class_name = class_name
        self.name = name
        self.config = {"name": name, "trainable": True, "dtype": "float32", **config}
        self.weights = [(path, part, np.asarray(value, np.float32)) for path, part, value in weights]
        self.forward = forward
        self.package = package
        self.named = []  # names under which inputs after the first are given, in Keras 2


class Model:
    """Layers with the calls between them. kind: Sequential or Functional."""

    def __init__(self, kind, name, shape):
        self.class_name, self.kind, self.name, self.shape = kind, kind, name, shape
        self.package = None
        self.named = []
        self.outputs = []  # indices of calls; empty: the last
        self.calls = []  # (layer, inputs as indices of calls, -1 the input)

    def add(self, layer, *inputs):
        self.calls.append((layer, list(inputs) if inputs else [len(self.calls) - 1]))
        return len(self.calls) - 1

    def layers(self):
        seen = []
        for layer, _ in self.calls:
            if layer not in seen:
                seen.append(layer)
        return seen

    def forward(self, x):
        values = []
        for layer, inputs in self.calls:
            values.append(layer.forward(*[x if i < 0 else values[i] for i in inputs]))
        return np.concatenate([values[i] for i in self.outputs or [-1]], axis=-1)


def wide(rng, *shape, spread=1.0):
    return rng.normal(0, spread / math.sqrt(shape[0]), shape).astype(np.float32).astype(np.float64)


def dense(rng, name, fan_in, units, activation="linear", use_bias=True):
    kernel, bias = wide(rng, fan_in, units), wide(rng, units, spread=0.3)
    weights = [("kernel", "", kernel)] + ([("bias", "", bias)] if use_bias else [])
    return Layer("Dense", name, {"units": units, "activation": activation, "use_bias": use_bias}, weights,
                 lambda x: FUNCTIONS[activation](x @ kernel + (bias if use_bias else 0)))


def time_distributed(rng, name, fan_in, units):
    inner = dense(rng, name + "_inner", fan_in, units)
    config = {"layer": {"class_name": "Dense", "config": inner.config}}
    return Layer("TimeDistributed", name, config, [(p, "layer", v) for p, _, v in inner.weights], inner.forward)


def einsum_dense(rng, name, fan_in, units):
    kernel, bias = wide(rng, fan_in, units), wide(rng, units, spread=0.3)
    config = {"equation": "abc,cd->abd", "output_shape": [None, units], "activation": "relu", "bias_axes": "d"}
    return Layer("EinsumDense", name, config, [("kernel", "", kernel), ("bias", "", bias)],
                 lambda x: relu(np.einsum("abc,cd->abd", x, kernel) + bias))


def qdense(rng, name, fan_in, units, kernel_config, kernel_quantizer, bias_config=None, bias_quantizer=None,
           activation=None, activation_quantizer=None):
    kernel, bias = wide(rng, fan_in, units), wide(rng, units, spread=0.5)
    config = {"units": units, "activation": activation, "use_bias": True, "kernel_quantizer": kernel_config,
              "bias_quantizer": bias_config, "kernel_range": None, "bias_range": None}
    quantized_kernel = kernel_quantizer(kernel)
    quantized_bias = bias_quantizer(bias) if bias_quantizer else bias
    after = activation_quantizer or (lambda x: x)
    return Layer("QDense", name, config, [("kernel", "", kernel), ("bias", "", bias)],
                 lambda x: after(x @ quantized_kernel + quantized_bias), package="qkeras")


def qactivation(name, activation, quantizer):
    return Layer("QActivation", name, {"activation": activation}, [], quantizer, package="qkeras")


def activation(name, function):
    return Layer("Activation", name, {"activation": function}, [], FUNCTIONS[function])


def batch_norm(rng, name, size, scale=True):
    gamma = rng.uniform(0.5, 1.5, size).astype(np.float32).astype(float) if scale else np.ones(size)
    beta, mean = wide(rng, size), wide(rng, size)
    variance = rng.uniform(0.5, 2, size).astype(np.float32).astype(float)
    weights = ([("gamma", "", gamma)] if scale else []) + [
        ("beta", "", beta), ("moving_mean", "", mean), ("moving_variance", "", variance)]
    config = {"axis": [1], "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": scale}
    return Layer("BatchNormalization", name, config, weights,
                 lambda x: (x - mean) / np.sqrt(variance + 0.001) * gamma + beta)


def qbatch_norm(rng, name, size):
    gamma = rng.uniform(0.5, 1.5, size).astype(np.float32).astype(float)
    beta, mean = wide(rng, size), wide(rng, size)
    variance = rng.uniform(0.5, 2, size).astype(np.float32).astype(float)
    weights = [("gamma", "", gamma), ("beta", "", beta), ("moving_mean", "", mean), ("moving_variance", "", variance)]
    config = {"axis": [1], "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True,
              "gamma_quantizer": quantizer_config("quantized_relu_po2", bits=6, max_value=2048),
              "beta_quantizer": quantizer_config("quantized_po2", bits=5, max_value=None),
              "mean_quantizer": bits_config(6, 1),
              "variance_quantizer": quantizer_config("quantized_relu_po2", bits=6, quadratic_approximation=True)}
    gamma, beta = power_quantizer(6, 2048, signed=False)(gamma), power_quantizer(5)(beta)
    mean, variance = bits_quantizer(6, 1)(mean), power_quantizer(6, signed=False, quadratic=True)(variance)
    return Layer("QBatchNormalization", name, config, weights,
                 lambda x: (x - mean) / np.sqrt(variance + 0.001) * gamma + beta, package="qkeras")


def layer_norm(rng, name, size):
    gamma = rng.uniform(0.5, 1.5, size).astype(np.float32).astype(float)
    beta = wide(rng, size)

    def forward(x):
        centred = x - x.mean(axis=-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-6) * gamma + beta

    return Layer("LayerNormalization", name, {"axis": [2], "epsilon": 1e-6, "center": True, "scale": True},
                 [("gamma", "", gamma), ("beta", "", beta)], forward)


def qlayer_norm(rng, name, size, center=True, scale=True, statistics=True):
    """The mean and the variance of tokens are not rounded here, whatever their quantizers say."""
    gamma = rng.uniform(0.5, 1.5, size).astype(np.float32).astype(float) if scale else np.ones(size)
    beta = wide(rng, size) if center else np.zeros(size)
    weights = ([("gamma", "", gamma)] if scale else []) + ([("beta", "", beta)] if center else [])
    power = quantizer_config("quantized_po2", bits=5, max_value=None)
    quadratic = quantizer_config("quantized_relu_po2", bits=6, max_value=None, quadratic_approximation=True)
    config = {"axis": [2], "epsilon": 0.001, "center": center, "scale": scale,
              "gamma_quantizer": quantizer_config("quantized_relu_po2", bits=6, max_value=2048),
              "beta_quantizer": power, "mean_quantizer": power if statistics else None,
              "variance_quantizer": quadratic if statistics else None, "beta_range": None, "gamma_range": None}
    factor = power_quantizer(6, 2048, signed=False)(gamma) if scale else gamma
    offset = power_quantizer(5)(beta) if center else beta

    def forward(x):
        centred = x - x.mean(axis=-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 0.001) * factor + offset

    return Layer("QLayerNormalization", name, config, weights, forward, package="qkeras")


def softmax_quantizer(bits):
    """quantized_softmax, the ends 0 and 1 included."""

    def apply(x):
        scaled = softmax(x) * 2.0**bits
        assert np.abs(scaled - np.floor(scaled) - 0.5).min() > 1e-6, "a tie that float64 may decide either way"
        return round_even(scaled) / 2.0**bits

    return apply


def attention(rng, name, size, heads, key_dim, value_dim, kernel_quantizer=None, kernel_config=None):
    parts, numbers = [], {}
    for part, width in (("query", key_dim), ("key", key_dim), ("value", value_dim)):
        kernel, bias = wide(rng, size, heads, width), wide(rng, heads, width, spread=0.3)
        parts += [(part + "/kernel", part + "_dense", kernel), (part + "/bias", part + "_dense", bias)]
        numbers[part] = (kernel if kernel_quantizer is None else kernel_quantizer(kernel), bias)
    kernel, bias = wide(rng, heads, value_dim, size), wide(rng, size, spread=0.3)
    parts += [("attention_output/kernel", "output_dense", kernel), ("attention_output/bias", "output_dense", bias)]
    output = kernel if kernel_quantizer is None else kernel_quantizer(kernel)

    def forward(x, *_):
        q, k, v = [np.einsum("ntc,chd->nhtd", x, w) + b[None, :, None] for w, b in numbers.values()]
        weights = softmax(np.einsum("nhtd,nhsd->nhts", q, k) / math.sqrt(key_dim))
        return np.einsum("nhts,nhsd,hdc->ntc", weights, v, output) + bias

    config = {"num_heads": heads, "key_dim": key_dim, "value_dim": value_dim, "dropout": 0.1, "use_bias": True,
              "output_shape": None, "attention_axes": [1]}
    if kernel_config is not None:
        config.update(kernel_quantizer=kernel_config, bias_quantizer=None)
    layer = Layer("MultiHeadAttention" if kernel_config is None else "QMultiHeadAttention", name, config, parts, forward)
    layer.named = ["value"]
    return layer


def attention_in_steps(rng, name, size, heads, key_dim, weight_bits, act_bits, act_int):
    """A subclass of MultiHeadAttention whose projections have quantized kernels and results."""
    kernel_bits, result_bits = bits_quantizer(weight_bits, 0), bits_quantizer(act_bits, act_int)
    parts, numbers = [], {}
    for part in ("query", "key", "value"):
        kernel, bias = wide(rng, size, heads, key_dim), wide(rng, heads, key_dim, spread=0.3)
        parts += [(part + "/kernel", part + "_dense", kernel), (part + "/bias", part + "_dense", bias)]
        numbers[part] = (kernel_bits(kernel), bias)
    kernel, bias = wide(rng, heads, key_dim, size), wide(rng, size, spread=0.3)
    parts += [("attention_output/kernel", "output_dense", kernel), ("attention_output/bias", "output_dense", bias)]
    output = kernel_bits(kernel)

    def forward(x, *_):
        q, k, v = [result_bits(np.einsum("ntc,chd->nhtd", x, w) + b[None, :, None]) for w, b in numbers.values()]
        weights = softmax(np.einsum("nhtd,nhsd->nhts", q, k) / math.sqrt(key_dim))
        return result_bits(np.einsum("nhts,nhsd,hdc->ntc", weights, v, output) + bias)

    config = {"num_heads": heads, "key_dim": key_dim, "value_dim": key_dim, "dropout": 0.0, "use_bias": True,
              "output_shape": None, "attention_axes": [1], "weight_bits": weight_bits, "weight_int": 0,
              "act_bits": act_bits, "act_int": act_int}
    layer = Layer("QMultiHeadAttention", name, config, parts, forward)
    layer.named = ["value"]
    return layer


def plain(class_name, name, forward, **config):
    return Layer(class_name, name, config, [], forward)


# ---------------------------------------------------------------------------------------------------------------------
# Layout of the files


def snake(name):
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def history(model, index):
    """A tensor as layer, number of its call, output."""
    if index < 0:
        return [model.name + "_input", 0, 0]
    source = model.calls[index][0]
    number = sum(1 for other, _ in model.calls[:index] if other is source)
    return [source.name, number, 0]


def call_nodes(model, layer, keras3):
    """The calls of a layer as its inbound_nodes."""

    def tensor(index):
        return {"class_name": "__keras_tensor__",
                "config": {"shape": [None], "dtype": "float32", "keras_history": history(model, index)}}

    nodes = []
    for other, inputs in model.calls:
        if other is not layer:
            continue
        if keras3:
            many = len(inputs) > 1 and not layer.named
            args = [[tensor(i) for i in inputs]] if many else [tensor(i) for i in inputs]
            nodes.append({"args": args, "kwargs": {"mask": None} if many else {}})
        elif layer.named:
            names = {key: history(model, i) for key, i in zip(layer.named, inputs[1:])}
            nodes.append([history(model, inputs[0]) + [names]])
        else:
            nodes.append([history(model, i) + [{}] for i in inputs])
    return nodes


def model_config(model, keras3):
    head = {"class_name": "InputLayer", "config": {"name": model.name + "_input", "dtype": "float32"}}
    head["config"]["batch_shape" if keras3 else "batch_input_shape"] = [None] + list(model.shape)
    entries = [head]
    for layer in model.layers():
        entry = {"class_name": layer.class_name}
        if layer.package and keras3:
            entry["registered_name"] = layer.package + ">" + layer.class_name
        entry["config"] = model_config(layer, keras3)["config"] if isinstance(layer, Model) else dict(layer.config)
        if isinstance(layer, Model):
            entry["config"]["name"] = layer.name
        entries.append(entry)
        if model.kind == "Functional":
            entry["name"] = layer.name
            entry["inbound_nodes"] = call_nodes(model, layer, keras3)
    config = {"name": model.name, "layers": entries}
    if model.kind == "Functional":
        head["name"], head["inbound_nodes"] = model.name + "_input", []
        config["input_layers"] = [[model.name + "_input", 0, 0]]
        config["output_layers"] = [history(model, i) for i in model.outputs or [len(model.calls) - 1]]
        if keras3:  # one tensor stands without the outer list
            config["input_layers"] = config["input_layers"][0]
            config["output_layers"] = config["output_layers"] if model.outputs else config["output_layers"][0]
    return {"class_name": model.kind, "config": config}


def flat_weights(layer):
    if isinstance(layer, Model):
        return [item for inner in layer.layers() for item in flat_weights(inner)]
    return [(layer.name + "/" + path + ":0", value) for path, _, value in layer.weights]


def write_named_weights(folder, model):
    folder.attrs["layer_names"] = [layer.name.encode() for layer in model.layers()]
    for layer in model.layers():
        group = folder.create_group(layer.name)
        names = flat_weights(layer)
        group.attrs["weight_names"] = [name.encode() for name, _ in names]
        for name, value in names:
            group.create_dataset(name, data=value)


def write_h5(path, model):
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.11.0"
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(model_config(model, False))
        write_named_weights(file.create_group("model_weights"), model)


def write_weights_only(folder, name, model):
    """What save_weights() makes of it: by name (.h5), and as in .keras (.weights.h5); to_json() stands beside."""
    folder.mkdir(exist_ok=True)
    with h5py.File(folder / f"{name}.h5", "w") as file:
        file.attrs["keras_version"] = "2.11.0"
        file.attrs["backend"] = "tensorflow"
        write_named_weights(file, model)
    with h5py.File(folder / f"{name}.weights.h5", "w") as file:
        store(file, "", model)
    config = {**model_config(model, False), "keras_version": "2.11.0", "backend": "tensorflow"}
    (folder / f"{name}.json").write_text(json.dumps(config))


def store(file, prefix, model):
    numbers = {}
    for layer in model.layers():
        name = snake(layer.class_name)
        number = numbers.get(name, 0)
        numbers[name] = number + 1
        path = f"{prefix}layers/{name}" + (f"_{number}" if number else "")
        if isinstance(layer, Model):
            store(file, path + "/", layer)
            continue
        file.create_group(path + "/vars")
        counts = {}
        for _, part, value in layer.weights:
            count = counts.get(part, 0)
            counts[part] = count + 1
            file[f"{path}/{part + '/' if part else ''}vars/{count}"] = value


def write_keras(path, model):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        store(file, "", model)
    members = {
        "metadata.json": json.dumps({"keras_version": "3.6.0", "date_saved": "2024-11-01@00:00:00"}),
        "config.json": json.dumps(model_config(model, True)),
        "model.weights.h5": buffer.getvalue(),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)


# ---------------------------------------------------------------------------------------------------------------------
# The models


def jet_tagger(rng):
    """The jet tagger of the hls4ml tutorials: 16-64-32-32-5, 6 bits, batch norms, softmax."""
    model = Model("Sequential", "jet_tagger", [16])
    sizes = [16, 64, 32, 32]
    for i in range(3):
        model.add(qdense(rng, f"fc{i + 1}", sizes[i], sizes[i + 1], bits_config(6, 0), bits_quantizer(6, 0),
                         bits_config(6, 0), bits_quantizer(6, 0)))
        model.add(batch_norm(rng, f"bn{i + 1}", sizes[i + 1], scale=i != 1))
        model.add(qactivation(f"relu{i + 1}", "quantized_relu(6)", relu_quantizer(6, 0)))
    model.add(qdense(rng, "output", 32, 5, bits_config(6, 0), bits_quantizer(6, 0), bits_config(6, 0),
                     bits_quantizer(6, 0)))
    model.add(activation("softmax", "softmax"))
    return model


def autoencoder(rng):
    """Every tensor has a quantizer; kernels of all kinds."""
    model = Model("Sequential", "autoencoder", [20])
    model.add(qactivation("input_bits", bits_config(8, 2), bits_quantizer(8, 2)))
    model.add(qdense(rng, "encode1", 20, 12, bits_config(4, 1, alpha=0.5), bits_quantizer(4, 1, alpha=0.5),
                     "quantized_bits(6,1,alpha=1)", bits_quantizer(6, 1), "quantized_relu(5,1)", relu_quantizer(5, 1)))
    model.add(plain("Dropout", "dropout", lambda x: x, rate=0.1))
    model.add(qdense(rng, "latent", 12, 4, bits_config(5, 0, alpha="auto_po2", symmetric=True), po2_quantizer(5, 0),
                     bits_config(6, 1), bits_quantizer(6, 1)))
    model.add(qactivation("latent_bits", "quantized_bits(6, 1, symmetric=1, alpha=1.0)",
                          bits_quantizer(6, 1, symmetric=1)))
    model.add(qdense(rng, "decode1", 4, 12, quantizer_config("ternary", alpha=1.0, threshold=0.25),
                     ternary_quantizer(1.0, 0.25), bits_config(6, 1), bits_quantizer(6, 1)))
    model.add(qactivation("signs", "binary(alpha=1)", sign_quantizer(1.0)))
    model.add(qdense(rng, "decode2", 12, 20, quantizer_config("binary", alpha=0.25, use_01=False),
                     sign_quantizer(0.25), bits_config(6, 1), bits_quantizer(6, 1)))
    model.add(qactivation("output_bits", "quantized_bits(10,2,alpha=1)", bits_quantizer(10, 2)))
    return model


def transformer(rng):
    """Two blocks, the second one's feed-forward part a model of its own; pooled and classified."""
    model = Model("Functional", "transformer", [6, 5])
    embed = model.add(einsum_dense(rng, "embed", 5, 8), -1)
    attended = model.add(attention(rng, "attention1", 8, 2, 4, 3), embed, embed)
    dropped = model.add(plain("Dropout", "dropout1", lambda x: x, rate=0.1), attended)
    summed = model.add(plain("Add", "add1", lambda *x: sum(x)), dropped, embed)
    normed = model.add(layer_norm(rng, "norm1", 8), summed)
    attended = model.add(attention(rng, "attention2", 8, 2, 4, 3), normed, normed)
    summed = model.add(plain("Add", "add2", lambda *x: sum(x)), attended, normed)
    inner = Model("Sequential", "feed_forward", [6, 8])
    inner.add(dense(rng, "hidden", 8, 12, "gelu"))
    inner.add(dense(rng, "back", 12, 8))
    inner.add(layer_norm(rng, "inner_norm", 8))
    fed = model.add(inner, summed)
    pooled = model.add(plain("GlobalAveragePooling1D", "pool", lambda x: x.mean(axis=1), data_format="channels_last",
                             keepdims=False), fed)
    model.add(dense(rng, "classes", 8, 3, "softmax"), pooled)
    return model


def branches(rng):
    """An event of [24] as 4 tokens of 6; a layer used twice, a model in a model, Add and Concatenate."""
    model = Model("Functional", "branches", [24])
    tokens = model.add(plain("Reshape", "reshape", lambda x: x.reshape(-1, 4, 6), target_shape=[4, -1]), -1)
    shared = dense(rng, "shared", 6, 6, "tanh", use_bias=False)
    once = model.add(shared, tokens)
    twice = model.add(shared, once)
    left = Model("Functional", "left", [4, 6])
    first = left.add(time_distributed(rng, "each", 6, 5), -1)
    second = left.add(dense(rng, "inner", 6, 5, "sigmoid"), -1)
    left.add(plain("Add", "inner_add", lambda *x: sum(x)), first, second)
    model_left = model.add(left, twice)
    joined = model.add(plain("Concatenate", "join", lambda *x: np.concatenate(x, axis=-1), axis=-1), model_left, twice,
                       once)
    clipped = model.add(plain("ReLU", "relu6", lambda x: np.clip(x, 0, 6), max_value=6.0, negative_slope=0.0,
                              threshold=0.0), joined)
    most = model.add(plain("GlobalMaxPooling1D", "most", lambda x: x.max(axis=1)), clipped)
    model.add(dense(rng, "out", 17, 2), most)
    return model


def quantized_attention(rng):
    """Attention whose kernels are quantized, between quantized tensors."""
    model = Model("Functional", "quantized_attention", [5, 4])
    start = model.add(qactivation("start", "quantized_bits(8,2,alpha=1)", bits_quantizer(8, 2)), -1)
    attended = model.add(attention(rng, "attention", 4, 2, 3, 3, bits_quantizer(6, 0), bits_config(6, 0)), start, start)
    bits = model.add(qactivation("attention_bits", "quantized_bits(12,3,alpha=1)", bits_quantizer(12, 3)), attended)
    summed = model.add(plain("Add", "add", lambda *x: sum(x)), bits, start)
    flat = model.add(plain("Flatten", "flatten", lambda x: x.reshape(len(x), -1), data_format="channels_last"), summed)
    model.add(qdense(rng, "out", 20, 3, bits_config(6, 0), bits_quantizer(6, 0), bits_config(6, 0),
                     bits_quantizer(6, 0)), flat)
    return model


def functions(rng):
    """Quantized functions and quantizers of other kinds than quantized_bits; all of it is exact."""
    model = Model("Sequential", "functions", [8])
    model.add(qactivation("input_bits", bits_config(8, 2), bits_quantizer(8, 2)))
    linear = quantizer_config("quantized_linear", bits=5, integer=0, symmetric=1, alpha=0.3, keep_negative=True)
    model.add(qdense(rng, "linear", 8, 10, linear, linear_quantizer(5, 0, 0.3), bits_config(6, 1),
                     bits_quantizer(6, 1), "quantized_tanh(7,use_real_tanh=1)", tanh_quantizer(7, real=True)))
    model.add(qdense(rng, "powers", 10, 8, quantizer_config("quantized_po2", bits=4, max_value=1),
                     power_quantizer(4, 1), bits_config(6, 1), bits_quantizer(6, 1)))
    model.add(qbatch_norm(rng, "norm", 8))
    model.add(qactivation("norm_bits", "quantized_bits(8,2,alpha=1)", bits_quantizer(8, 2)))
    model.add(qactivation("sigmoid", "quantized_sigmoid(6,use_real_sigmoid=1)", sigmoid_quantizer(6, real=True)))
    model.add(qdense(rng, "hidden", 8, 6, bits_config(5, 0), bits_quantizer(5, 0), bits_config(6, 1),
                     bits_quantizer(6, 1), "silu", lambda x: x * FUNCTIONS["sigmoid"](x)))
    model.add(qactivation("silu_bits", "quantized_linear(6,1,alpha=0.7310585)", linear_quantizer(6, 1, 0.7310585)))
    model.add(qdense(rng, "last", 6, 4, bits_config(5, 0), bits_quantizer(5, 0), bits_config(6, 1),
                     bits_quantizer(6, 1), "quantized_sigmoid(5)", sigmoid_quantizer(5)))
    return model


def attention_steps(rng):
    """Attention with quantized projections between quantized tensors."""
    model = Model("Functional", "attention_steps", [6, 5])
    start = model.add(qactivation("start", "quantized_bits(8,2,alpha=1)", bits_quantizer(8, 2)), -1)
    attended = model.add(attention_in_steps(rng, "attention", 5, 2, 4, 7, 9, 3), start, start)
    summed = model.add(plain("Add", "add", lambda *x: sum(x)), attended, start)
    pooled = model.add(plain("Flatten", "flatten", lambda x: x.reshape(len(x), -1), data_format="channels_last"), summed)
    model.add(qdense(rng, "out", 30, 3, bits_config(6, 0), bits_quantizer(6, 0), bits_config(6, 0),
                     bits_quantizer(6, 0)), pooled)
    return model


def positions(rng):
    """Constants of tokens: as a layer of Keras' language models, which an Add follows, and as a class of its own."""
    model = Model("Functional", "positions", [4, 3])
    table, shift = wide(rng, 6, 3), wide(rng, 1, 4, 5)
    embedding = Layer("PositionEmbedding", "position", {"sequence_length": 6}, [("embeddings", "", table)],
                      lambda x: np.broadcast_to(table[:4], x.shape), package="keras_hub")
    added = Layer("AddPositions", "shift", {}, [("pe", "", shift)], lambda x: x + shift, package="mine")
    placed = model.add(embedding, -1)
    summed = model.add(plain("Add", "add", lambda *x: sum(x)), -1, placed)
    hidden = model.add(dense(rng, "hidden", 3, 5), summed)
    shifted = model.add(added, hidden)
    pooled = model.add(plain("GlobalMaxPooling1D", "most", lambda x: x.max(axis=1)), shifted)
    model.add(dense(rng, "out", 5, 2), pooled)
    return model


def activations(rng):
    """Functions in every way in which they are spelled, in the layers that have one; side by side."""
    model = Model("Functional", "activations", [3, 6])
    made = []

    def add(name, value, function, kind="dense"):
        layer = {"dense": dense, "einsum": einsum_dense, "distributed": time_distributed}[kind](rng, name, 6, 3)
        kernel, bias = layer.weights[0][2].astype(float), layer.weights[1][2].astype(float)
        (layer.config["layer"]["config"] if kind == "distributed" else layer.config)["activation"] = value
        layer.forward = lambda x: function(x @ kernel + bias)
        made.append(model.add(layer, -1))

    def of_class(name, **config):
        return {"class_name": name, "config": {"name": name.lower(), "trainable": True, "dtype": "float32", **config}}

    add("leaky", "leaky_relu", FUNCTIONS["leaky_relu"])
    add("leaky_einsum", of_class("LeakyReLU", alpha=[0.125]), leaky_relu(0.125), "einsum")
    add("leaky_each", of_class("LeakyReLU", negative_slope=0.3), leaky_relu(0.3), "distributed")
    add("six", "relu6", FUNCTIONS["relu6"], "einsum")
    add("two", of_class("ReLU", max_value=0.5, negative_slope=0.0, threshold=0.0), lambda x: np.clip(x, 0, 0.5))
    add("plain", of_class("ReLU", max_value=None), relu, "distributed")
    add("hard_tanh", {"module": "builtins", "class_name": "function", "config": "hard_tanh"}, FUNCTIONS["hard_tanh"])
    add("elu", of_class("ELU", alpha=1.0), elu, "einsum")
    for name in ("selu", "gelu", "sigmoid", "tanh", "silu", "softplus", "softsign", "hard_silu", "linear"):
        add(name, {"class_name": "function", "config": name, "registered_name": name}, FUNCTIONS[name])
    add("inner", of_class("Activation", activation="leaky_relu"), FUNCTIONS["leaky_relu"])
    add("classes", of_class("Softmax", axis=-1), softmax)
    made.append(model.add(Layer("Activation", "layer", {"activation": of_class("LeakyReLU", alpha=0.5)}, [],
                                leaky_relu(0.5)), -1))
    made.append(model.add(Layer("TimeDistributed", "each", {"layer": of_class("ReLU", max_value=1.5)}, [],
                                lambda x: np.clip(x, 0, 1.5)), -1))
    model.add(plain("Concatenate", "join", lambda *x: np.concatenate(x, axis=-1), axis=-1), *made)
    return model


def physics(rng):
    """A block as in the transformers of hls4ml: quantized weights, norms and classes, no quantizer of the event."""
    model = Model("Functional", "physics", [5, 6])
    attended = model.add(attention(rng, "attention", 6, 2, 4, 4, bits_quantizer(8, 1), bits_config(8, 1)), -1, -1)
    summed = model.add(plain("Add", "add1", lambda *x: sum(x)), attended, -1)
    normed = model.add(qlayer_norm(rng, "norm1", 6), summed)
    hidden = model.add(qdense(rng, "hidden", 6, 10, bits_config(8, 0), bits_quantizer(8, 0), bits_config(8, 2),
                              bits_quantizer(8, 2), quantizer_config("quantized_relu", bits=8, integer=2),
                              relu_quantizer(8, 2)), normed)
    back = model.add(qdense(rng, "back", 10, 6, bits_config(8, 0), bits_quantizer(8, 0), bits_config(8, 2),
                            bits_quantizer(8, 2), "linear"), hidden)
    summed = model.add(plain("Add", "add2", lambda *x: sum(x)), back, normed)
    normed = model.add(qlayer_norm(rng, "norm2", 6, scale=False), summed)
    normed = model.add(qlayer_norm(rng, "norm3", 6, center=False, statistics=False), normed)
    pooled = model.add(plain("GlobalAveragePooling1D", "pool", lambda x: x.mean(axis=1), data_format="channels_last",
                             keepdims=False), normed)
    model.add(qdense(rng, "classes", 6, 4, bits_config(8, 0), bits_quantizer(8, 0), bits_config(8, 2),
                     bits_quantizer(8, 2), quantizer_config("quantized_softmax", bits=[8]), softmax_quantizer(8)), pooled)
    return model


def rounded_softmax(rng):
    """quantized_softmax between quantized tensors; now and then one class is certain."""
    model = Model("Sequential", "rounded_softmax", [12])
    model.add(qactivation("bits", "quantized_bits(8,3,alpha=1)", bits_quantizer(8, 3)))
    model.add(qdense(rng, "classes", 12, 5, bits_config(8, 2), bits_quantizer(8, 2),
                     bits_config(8, 2), bits_quantizer(8, 2), "quantized_softmax((8,))", softmax_quantizer(8)))
    return model


def two_outputs(rng):
    """Two numbers and three classes, side by side; the numbers look at the classes."""
    model = Model("Functional", "two_outputs", [7])
    hidden = model.add(dense(rng, "hidden", 7, 6, "relu"), -1)
    classes = model.add(dense(rng, "classes", 6, 3, "softmax"), hidden)
    joined = model.add(plain("Concatenate", "join", lambda *x: np.concatenate(x, axis=-1), axis=-1), hidden, classes)
    number = model.add(dense(rng, "number", 9, 2), joined)
    model.outputs = [number, classes]
    return model


# ---------------------------------------------------------------------------------------------------------------------
# Files of HDF5 itself: types of numbers, and what no model has


def write_types(path):
    """Datasets of the same six numbers in many types."""
    numbers = np.array([[0, 1, 2], [3, 100, 5]])
    with h5py.File(path, "w") as file:
        for kind in ("float16", "float32", "float64", ">f4", "int8", "uint16", ">i8"):
            file.create_dataset("all/" + kind.replace(">", "big_"), data=numbers.astype(kind))
        file.create_dataset("packed", data=numbers.astype("float32"), chunks=(1, 2), compression="gzip", shuffle=True)
        file.create_dataset("scalar", data=np.float32(2.5))
        file.create_dataset("empty", shape=(0, 3), dtype="float32")
        file.create_dataset("text", data="not a number")
        file.attrs["text"] = "one"
        file.attrs["fixed"] = np.bytes_("two")
        file.attrs["list"] = [b"a", b"bcd"]
        file.attrs["none"] = []
        file.attrs["number"] = 3


def write_hostile(path):
    """Links out of the file, data in other files, and sizes far beyond what the file holds."""
    with h5py.File(path, "w") as file:
        file["soft"] = h5py.SoftLink("/inside")
        file["external"] = h5py.ExternalLink("other.h5", "/data")
        file["inside"] = np.zeros(3, np.float32)
        file.create_dataset("elsewhere", shape=(4,), dtype="float32", external=[("/etc/hostname", 0, 16)])
        layout = h5py.VirtualLayout(shape=(4,), dtype="float32")
        layout[:] = h5py.VirtualSource("other.h5", "data", shape=(4,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("terabytes", shape=(1 << 20, 1 << 20), dtype="float32", chunks=(64, 64))
        file.create_dataset("bomb", shape=(1 << 24,), dtype="float32", chunks=(1 << 22,), compression="gzip")
        file["bomb"][: 1 << 22] = 0
        file.create_dataset("chunk", shape=(4,), maxshape=(None,), dtype="float32", chunks=(1 << 28,))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "keras"
    folder.mkdir(parents=True, exist_ok=True)
    write_types(folder / "types.h5")
    write_hostile(folder / "hostile.h5")
    makers = [jet_tagger, autoencoder, transformer, branches, quantized_attention, functions, attention_steps, positions,
              activations, physics, two_outputs, rounded_softmax]
    for seed, maker in enumerate(makers):
        rng = np.random.default_rng(seed)
        model = maker(rng)
        events = 500 if maker in (functions, rounded_softmax) else 24
        x = rng.normal(0, 1, [events] + list(model.shape))
        x *= 4 if maker is rounded_softmax else 1
        x = np.round(x * 256) / 256  # on the grid of a fixed-point input
        write_h5(folder / f"{model.name}.h5", model)
        write_keras(folder / f"{model.name}.keras", model)
        if maker is branches:
            write_weights_only(folder / "weights_only", "branches", model)
        np.save(folder / f"{model.name}_x.npy", x)
        np.save(folder / f"{model.name}_y.npy", model.forward(x))


if __name__ == "__main__":
    main()
