#!/usr/bin/env python3
"""Write seeded stand-ins for a trained b-tagger: weights and toy events.

The names and shapes are those of the hls4ml b-tagging transformer (15 tracks x
6 features, 3 blocks without norms, flatten, MLP, 3 classes), the scales are
those of a trained model; the numbers are random.  Written to the output folder:

  weights.npz      float32 parameters
  calibration.npz  512 toy jets: x float16 [n,15,6]
  test.npz         1024 other toy jets, x only
"""

import argparse
import pathlib

import numpy as np

TOKENS, FEATURES, BLOCKS, HEADS, HEAD_DIM, HIDDEN = 15, 6, 3, 2, 32, 8
HEAD_UNITS = (32, 16, 8, 3)


def glorot(rng, *shape, fan_in, fan_out, gain=1.0):
    """Normal draws with the variance of a Glorot initialisation."""
    return rng.normal(0, gain * np.sqrt(2 / (fan_in + fan_out)), shape)


def make_weights(rng):
    """Return all parameters by name."""
    width = HEADS * HEAD_DIM
    weights = {}
    for block in range(BLOCKS):
        name = f"block{block}.attn."
        for part in "qkv":
            weights[name + "w" + part] = glorot(
                rng, HEADS, HEAD_DIM, FEATURES, fan_in=FEATURES, fan_out=width)
            weights[name + "b" + part] = rng.normal(
                0, 0.1 if part == "q" else 0.02, (HEADS, HEAD_DIM))
        weights[name + "wo"] = glorot(
            rng, FEATURES, HEADS, HEAD_DIM, fan_in=width, fan_out=FEATURES)
        weights[name + "bo"] = rng.normal(0, 0.01, FEATURES)
        name = f"block{block}.ffn."
        for layer, (n_in, n_out) in enumerate(
                [(FEATURES, HIDDEN), (HIDDEN, FEATURES)], start=1):
            weights[f"{name}{layer}.weight"] = glorot(
                rng, n_out, n_in, fan_in=n_in, fan_out=n_out)
            weights[f"{name}{layer}.bias"] = rng.normal(0, 0.1, n_out)
    n_in = TOKENS * FEATURES
    for layer, n_out in enumerate(HEAD_UNITS):
        weights[f"head.dense{layer}.weight"] = glorot(
            rng, n_out, n_in, fan_in=n_in, fan_out=n_out)
        weights[f"head.dense{layer}.bias"] = rng.normal(0, 0.1, n_out)
        n_in = n_out
    return {name: value.astype(np.float32) for name, value in weights.items()}


def make_jets(rng, count):
    """Toy jets: 2 to 15 tracks with long-tailed features, the most displaced
    first, padded with zeros."""
    tracks = rng.integers(2, TOKENS + 1, count)
    x = np.stack([
        0.3 * rng.standard_t(3, (count, TOKENS)),
        0.2 * rng.standard_t(3, (count, TOKENS)),
        rng.exponential(0.6, (count, TOKENS)),
        rng.exponential(0.3, (count, TOKENS)),
        rng.gamma(2, 0.4, (count, TOKENS)),
        rng.normal(0.6, 0.4, (count, TOKENS)),
    ], axis=-1)
    order = np.argsort(-x[..., 0] / (0.2 + np.abs(x[..., 1])), axis=1)
    x = np.take_along_axis(x, order[..., None], axis=1)
    valid = np.arange(TOKENS) < tracks[:, None]
    return (x.clip(-6, 6) * valid[..., None]).astype(np.float16)


def main():
    """Write the three files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[1] / "configs/btag")
    parser.add_argument("--seed", type=int, default=2024)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    args.output.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(args.output / "weights.npz", **make_weights(rng))
    np.savez_compressed(args.output / "calibration.npz", x=make_jets(rng, 512))
    np.savez_compressed(args.output / "test.npz", x=make_jets(rng, 1024))


if __name__ == "__main__":
    main()
