#!/usr/bin/env python3
"""Write the QONNX models of tests/data/import/functions: functions of real numbers between quantizers.

    python3 make_function_models.py [FOLDER]
"""

import pathlib
import sys

import numpy as np
from make_onnx_models import Net, generator


def gelu(net, x):
    """x/2 * (1 + erf(x / sqrt 2)), spelled out as in opset 14."""
    inner = net.op("Add", net.op("Erf", net.op("Div", x, 2.0**0.5)), 1.0)
    return net.op("Mul", net.op("Mul", x, inner), 0.5)


def silu(net, x):
    return net.op("Mul", x, net.op("Sigmoid", x))


def function(net, kind, x):
    if kind == "Gelu":
        return gelu(net, x)
    return silu(net, x) if kind == "Silu" else net.op(kind, x)


def per_tensor(path):
    """Each function between quantizers of any scale, then a dense layer that reads all."""
    rng, net = generator("functions"), Net([1, 6])
    x = net.quant("x", 0.0371, 8)
    parts = []
    for kind, scale, signed in (("Sigmoid", 0.0039, 0), ("Tanh", 2.0**-6, 1), ("Gelu", 0.041, 1), ("Silu", 0.05, 1)):
        y = net.op("MatMul", x, net.quant(net.const(rng.normal(0, 0.4, (6, 5))), 0.0625, 5, narrow=1))
        y = net.quant(net.op("Add", y, rng.normal(0, 0.4, 5)), 0.0273, 8)
        y = net.quant(function(net, kind, y), scale, 7, signed=signed)
        parts.append(net.quant(net.op("MatMul", y, rng.integers(-3, 4, (5, 4)) * 0.25), 0.125, 10))
    x = net.op("Add", net.op("Add", parts[0], parts[1]), net.op("Add", parts[2], parts[3]))
    net.save(path, x, [1, 4])


def per_channel(path):
    """Quantizers with a scale for each channel on both sides of the functions."""
    rng, net = generator("channels"), Net([1, 6])
    x = net.quant("x", 0.0371, 8)
    for kind in ("Sigmoid", "Gelu", "Tanh"):
        y = net.op("MatMul", x, net.quant(net.const(rng.normal(0, 0.5, (6, 6))), 0.0625, 5, narrow=1))
        y = net.quant(y, rng.uniform(0.01, 0.06, 6), 7)
        x = net.quant(function(net, kind, y), rng.uniform(0.004, 0.02, 6), 6)
    net.save(path, x, [1, 6])


def of_sums(path):
    """As brevitas exports QuantSigmoid and QuantTanh: nothing is quantized between a layer's sums and the function."""
    rng, net = generator("sums"), Net([1, 8])
    x = net.quant("x", 0.0371, 8)
    for kind, scale, signed, units in (("Sigmoid", 1 / 255, 0, 8), ("Silu", 0.031, 1, 6), ("Tanh", 1 / 127, 1, 4)):
        inputs = 8 if kind == "Sigmoid" else 8 if kind == "Silu" else 6
        weight = net.quant(net.const(rng.normal(0, 0.6, (inputs, units))), 0.0193, 7, narrow=1)
        y = net.op("Add", net.op("MatMul", x, weight), rng.normal(0, 0.5, units))
        x = net.quant(function(net, kind, y), scale, 8, signed=signed)
    net.save(path, x, [1, 4])


MODELS = {"per_tensor": per_tensor, "per_channel": per_channel, "of_sums": of_sums}


def main():
    here = pathlib.Path(__file__).resolve().parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "functions"
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in MODELS.items():
        make(folder / f"{name}.onnx")


if __name__ == "__main__":
    main()
