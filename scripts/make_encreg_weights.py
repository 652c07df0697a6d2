#!/usr/bin/env python3
"""Write seeded stand-ins for a trained track regressor: weights and toy events.

The names and shapes are those of the TrackFormers encoder (27 hits x 3
coordinates, 6 post-norm blocks of width 32, 3 outputs a hit), the scales are
those of a trained model; the numbers are random.  Written to the output folder:

  weights.npz      float16 parameters
  calibration.npz  512 toy events: x float16 [n,27,3], n_hits uint8 [n]
  test.npz         512 other toy events, same arrays
"""

import argparse
import pathlib

import numpy as np

TOKENS, FEATURES, DIM, BLOCKS, HEADS, HIDDEN, OUTPUTS = 27, 3, 32, 6, 8, 128, 3
TRACKS, PAD = 3, -1.0
BARREL_RADII = np.array([4.0, 5.0, 6.0, 7.0])
DISC_Z = np.arange(2.0, 11.0)
NOISE = np.array([0.02, 0.03, 0.03])


def make_weights(rng):
    """Return all parameters by name."""
    head_dim = DIM // HEADS
    weights = {
        "input.weight": rng.normal(0, 0.22, (DIM, FEATURES)),
        "input.bias": rng.normal(0, 0.6, DIM),
    }
    for block in range(BLOCKS):
        name = f"block{block}."
        for part, scale, offset in (("q", 0.3, 0.3), ("k", 0.3, 0.02),
                                    ("v", 0.15, 0.05)):
            weights[f"{name}attn.w{part}"] = rng.normal(
                0, scale, (HEADS, head_dim, DIM))
            weights[f"{name}attn.b{part}"] = rng.normal(
                0, offset, (HEADS, head_dim))
        weights[name + "attn.wo"] = rng.normal(0, 0.15, (DIM, HEADS, head_dim))
        weights[name + "attn.bo"] = rng.normal(0, 0.01, DIM)
        for norm in ("norm1", "norm2"):
            weights[f"{name}{norm}.weight"] = rng.uniform(0.4, 1.4, DIM)
            weights[f"{name}{norm}.bias"] = rng.normal(0, 0.2, DIM)
        weights[name + "ffn.w1"] = rng.normal(0, 0.2, (HIDDEN, DIM))
        weights[name + "ffn.b1"] = rng.normal(-0.2, 0.3, HIDDEN)
        weights[name + "ffn.w2"] = rng.normal(0, 0.1, (DIM, HIDDEN))
        weights[name + "ffn.b2"] = rng.normal(0, 0.03, DIM)
    weights["output.weight"] = rng.normal(0, 0.12, (OUTPUTS, DIM))
    weights["output.bias"] = rng.normal(0, 0.1, OUTPUTS)
    return {name: value.astype(np.float16) for name, value in weights.items()}


def make_track(rng):
    """Hits (r, theta, z) of one straight track from the origin."""
    if rng.uniform() < 0.2:
        radius = BARREL_RADII
        z = radius * rng.uniform(-6, 6) / BARREL_RADII[-1]
    else:
        z = DISC_Z * rng.choice([-1.0, 1.0])
        radius = np.abs(z) * rng.uniform(0, 0.6)
    theta = np.full(len(z), rng.uniform(0, 2 * np.pi))
    hits = np.stack([radius, theta, z], axis=1)
    hits += rng.normal(0, NOISE, hits.shape)
    hits[:, 0] = np.abs(hits[:, 0])
    hits[:, 1] %= 2 * np.pi
    return hits


def make_events(rng, count):
    """Return x and n_hits of events of three tracks with shuffled hits."""
    x = np.full((count, TOKENS, FEATURES), PAD)
    n_hits = np.zeros(count, np.uint8)
    for event in range(count):
        hits = rng.permutation(
            np.concatenate([make_track(rng) for _ in range(TRACKS)]))[:TOKENS]
        x[event, :len(hits)] = hits
        n_hits[event] = len(hits)
    return {"x": x.astype(np.float16), "n_hits": n_hits}


def main():
    """Write the three files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[1] / "configs/encreg")
    parser.add_argument("--seed", type=int, default=2025)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    args.output.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(args.output / "weights.npz", **make_weights(rng))
    np.savez_compressed(args.output / "calibration.npz", **make_events(rng, 512))
    np.savez_compressed(args.output / "test.npz", **make_events(rng, 512))


if __name__ == "__main__":
    main()
