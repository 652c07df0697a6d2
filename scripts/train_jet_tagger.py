#!/usr/bin/env python3
"""Train the small jet-tagging transformer and write its weights and events.

Phase 1 trains in float; phase 2 fine-tunes with straight-through fake
quantizers (power-of-two steps: 8-bit weights per output channel, 8-bit
activations per tensor), so that the weights survive a fixed-point
implementation.  Written to the output folder:

  weights.npz      float32 parameters, named as in JetTagger.state_dict()
  test.npz         the first test jets: x float16 [n,16,3], valid uint8 [n,16],
                   y int64 [n]
  calibration.npz  the first training jets, same arrays

The stored weights were trained in two calls, one per phase:

  train_jet_tagger.py --out FLOAT --quant-epochs 0
  train_jet_tagger.py --init FLOAT/weights.npz --seed 11
"""

import argparse
import math
import pathlib
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

TOKENS, FEATURES, DIM, HEADS, FFN, CLASSES = 16, 3, 16, 2, 32, 5
HEAD_DIM = DIM // HEADS
HELD_OUT, TEST_EVENTS, CALIBRATION_EVENTS = 6400, 4000, 1000
PERCENTILE = 99.99  # of |activation|, rounded up to a power of two
REPORT_PERCENTILES = 99.9, PERCENTILE, 100.0


def load_jets(path):
    """Return a file's features (float16), validity (uint8), class (int64)."""
    with np.load(path) as data:
        raw = data["x"][:, :TOKENS].astype(np.float32)
        label = data["y"].astype(np.int64)
    pt, deta, dphi = raw[..., 0], raw[..., 1], raw[..., 2]
    valid = pt > 0
    log_pt = 0.5 * (np.log(np.maximum(pt, 1e-6)) + 4)
    x = np.stack([log_pt, 5 * deta, 5 * dphi], axis=-1) * valid[..., None]
    return x.astype(np.float16), valid.astype(np.uint8), label


def save_events(path, x, valid, y, count):
    """Write the first `count` jets in the layout of the event files."""
    np.savez_compressed(path, x=x[:count], valid=valid[:count], y=y[:count])


class FakeQuant(nn.Module):
    """Activation quantizer with one power-of-two step and a straight-through
    gradient (zero where the value saturates)."""

    def __init__(self, bits=8, signed=True):
        super().__init__()
        self.magnitude_bits = bits - 1 if signed else bits
        self.high = 2 ** self.magnitude_bits - 1
        self.low = -self.high - 1 if signed else 0
        self.mode = "off"  # "off", "observe" or "on"
        self.percentile = PERCENTILE
        self.step = None

    def fit(self, x):
        """Choose the step so that the percentile of |x| is in range."""
        size = x.detach().abs().flatten()
        rank = max(1, math.ceil(self.percentile / 100 * size.numel()))
        top = max(size.kthvalue(rank).values.item(), 1e-6)
        self.step = 2.0 ** (math.ceil(math.log2(top)) - self.magnitude_bits)

    def forward(self, x):
        if self.mode == "observe":
            self.fit(x)
        if self.mode != "on":
            return x
        clipped = x.clamp(self.low * self.step, self.high * self.step)
        code = torch.floor(x.detach() / self.step + 0.5)
        value = code.clamp(self.low, self.high) * self.step
        return clipped + (value - clipped).detach()


def quantize_weight(w, bits=8):
    """Round a [out, in] matrix to a power-of-two step per row so that the
    largest |w| of the row fits; the gradient passes straight through."""
    high = 2 ** (bits - 1) - 1
    top = w.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-8)
    step = torch.exp2(torch.ceil(torch.log2(top / high)))
    value = torch.floor(w.detach() / step + 0.5) * step
    return w + (value - w).detach()


class Quantizable(nn.Module):
    """A module whose linear layers round their weights when asked to."""

    quantized = False

    def linear(self, x, weight, bias):
        """x W^T + b, the weight optionally rounded to 8 bits."""
        return F.linear(
            x, quantize_weight(weight) if self.quantized else weight, bias)


def uniform(*shape, fan_in):
    """A parameter drawn as torch draws the weights of a linear layer."""
    bound = 1 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))


class Attention(Quantizable):
    """Multi-head self-attention over the valid tokens."""

    def __init__(self):
        super().__init__()
        for name in "qkv":
            self.register_parameter(
                "w" + name, uniform(HEADS, HEAD_DIM, DIM, fan_in=DIM))
            self.register_parameter(
                "b" + name, uniform(HEADS, HEAD_DIM, fan_in=DIM))
        self.wo = uniform(DIM, HEADS, HEAD_DIM, fan_in=DIM)
        self.bo = nn.Parameter(torch.zeros(DIM))
        self.fq_q, self.fq_k, self.fq_v = FakeQuant(), FakeQuant(), FakeQuant()
        self.fq_head, self.fq_out = FakeQuant(), FakeQuant()

    def project(self, h, weight, bias):
        """Return [jet, head, token, channel]."""
        y = self.linear(h, weight.reshape(-1, DIM), bias.flatten())
        return y.unflatten(-1, (HEADS, HEAD_DIM)).transpose(1, 2)

    def forward(self, h, valid):
        q = self.fq_q(self.project(h, self.wq, self.bq))
        k = self.fq_k(self.project(h, self.wk, self.bk))
        v = self.fq_v(self.project(h, self.wv, self.bv))
        score = q @ k.transpose(2, 3) / math.sqrt(HEAD_DIM)
        score = score + (valid[:, None, None, :] - 1) * 1e4
        y = self.fq_head(torch.softmax(score, dim=-1) @ v)
        y = y.transpose(1, 2).flatten(2)
        return self.fq_out(self.linear(y, self.wo.flatten(1), self.bo))


class FeedForward(Quantizable):
    """W2 relu(W1 h + b1) + b2."""

    def __init__(self):
        super().__init__()
        self.w1 = uniform(FFN, DIM, fan_in=DIM)
        self.b1 = uniform(FFN, fan_in=DIM)
        self.w2 = uniform(DIM, FFN, fan_in=FFN)
        self.b2 = uniform(DIM, fan_in=FFN)
        self.fq_hidden, self.fq_out = FakeQuant(signed=False), FakeQuant()

    def forward(self, h):
        hidden = self.fq_hidden(torch.relu(self.linear(h, self.w1, self.b1)))
        return self.fq_out(self.linear(hidden, self.w2, self.b2))


class Block(nn.Module):
    """Post-norm transformer block."""

    def __init__(self):
        super().__init__()
        self.attn, self.ffn = Attention(), FeedForward()
        self.norm1, self.norm2 = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.fq_sum1, self.fq_norm1 = FakeQuant(), FakeQuant()
        self.fq_sum2, self.fq_norm2 = FakeQuant(), FakeQuant()

    def forward(self, h, valid):
        h = self.fq_norm1(self.norm1(self.fq_sum1(h + self.attn(h, valid))))
        return self.fq_norm2(self.norm2(self.fq_sum2(h + self.ffn(h))))


class JetTagger(Quantizable):
    """Embedding, two blocks, masked mean pool and a two-layer head.

    The quantizers keep their steps outside the state dict, which therefore
    holds exactly the arrays of the weights file."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(FEATURES, DIM)
        self.block0, self.block1 = Block(), Block()
        self.head1, self.head2 = nn.Linear(DIM, DIM), nn.Linear(DIM, CLASSES)
        self.fq_input, self.fq_embed = FakeQuant(), FakeQuant()
        self.fq_pool, self.fq_head1 = FakeQuant(), FakeQuant(signed=False)
        self.fq_logits = FakeQuant(bits=12)

    def forward(self, x, valid):
        h = self.linear(self.fq_input(x), self.embed.weight, self.embed.bias)
        h = self.fq_embed(h)
        for block in (self.block0, self.block1):
            h = block(h, valid)
        pool = (h * valid[..., None]).sum(1) / valid.sum(1, keepdim=True)
        h = self.fq_pool(pool)
        h = self.linear(h, self.head1.weight, self.head1.bias)
        h = self.fq_head1(torch.relu(h))
        return self.fq_logits(
            self.linear(h, self.head2.weight, self.head2.bias))

    def set_mode(self, mode):
        """Switch all quantizers: "off" (float), "observe" or "on"."""
        for module in self.modules():
            if isinstance(module, FakeQuant):
                module.mode = mode
            elif isinstance(module, Quantizable):
                module.quantized = mode == "on"

    @torch.no_grad()
    def calibrate(self, x, valid, percentile=PERCENTILE):
        """Fit every activation step on the given jets, in float."""
        for module in self.modules():
            if isinstance(module, FakeQuant):
                module.percentile = percentile
        self.set_mode("observe")
        self(x, valid)


@torch.no_grad()
def evaluate(model, data, mode):
    """Return (accuracy, mean loss) over data = (x, valid, y)."""
    model.set_mode(mode)
    out = torch.cat([model(x, valid) for x, valid in
                     zip(data[0].split(5000), data[1].split(5000))])
    accuracy = (out.argmax(1) == data[2]).float().mean().item()
    return accuracy, F.cross_entropy(out, data[2]).item()


def fit(model, train, held_out, args, mode, epochs, rate):
    """Train for `epochs` and load the state with the best held-out loss."""
    x, valid, y = train
    steps = math.ceil(len(y) / args.batch)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=rate, weight_decay=1e-4, foreach=True)
    total = max(1, steps * epochs)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: min(
        (i + 1) / 200, 0.5 + 0.5 * math.cos(math.pi * i / total)))
    best_loss, best_state = math.inf, None
    start = time.time()
    for epoch in range(epochs):
        if mode == "on":
            model.calibrate(x[:args.observe], valid[:args.observe])
        model.set_mode(mode)
        for index in torch.randperm(len(y)).split(args.batch):
            # The physics is symmetric under a reflection of either angle.
            flip = 1 - 2 * torch.randint(2, (len(index), 1, FEATURES))
            flip[..., 0] = 1
            loss = F.cross_entropy(
                model(x[index] * flip, valid[index]), y[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        accuracy, loss = evaluate(model, held_out, mode)
        print(f"  epoch {epoch + 1:3d}: held-out accuracy {accuracy:.4f}, "
              f"loss {loss:.4f}, {time.time() - start:.0f} s", flush=True)
        if loss < best_loss:
            best_loss = loss
            best_state = {k: v.clone() for k, v in model.state_dict().items()}
    if best_state:
        model.load_state_dict(best_state)


def report(model, calibration, test):
    """Print the accuracies on all test jets and on the committed ones."""
    for name, data in (("all", test),
                       ("committed", [t[:TEST_EVENTS] for t in test])):
        print(f"{name} {len(data[2])} test jets: "
              f"float accuracy {evaluate(model, data, 'off')[0]:.4f}")
        for percentile in REPORT_PERCENTILES:
            model.calibrate(*calibration, percentile)
            print(f"  fake-quantized, steps from percentile {percentile}: "
                  f"{evaluate(model, data, 'on')[0]:.4f}")


def save_weights(path, model):
    """Write the parameters as float32 arrays."""
    np.savez_compressed(
        path, **{k: v.numpy() for k, v in model.state_dict().items()})


def load_weights(path, model):
    """Read what save_weights() wrote."""
    with np.load(path) as data:
        model.load_state_dict({k: torch.from_numpy(data[k]) for k in data})


def tensors(x, valid, y):
    """Convert numpy arrays of load_jets() for the model."""
    return (torch.from_numpy(x.astype(np.float32)),
            torch.from_numpy(valid.astype(np.float32)), torch.from_numpy(y))


def main():
    """Train, write the files and print the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    path = pathlib.Path
    parser.add_argument(
        "--train", type=path, default=path("../shared/data/jets_train.npz"))
    parser.add_argument(
        "--test", type=path, default=path("../shared/data/jets_test.npz"))
    parser.add_argument("--out", type=path, default=path("configs/jet_tagger"))
    parser.add_argument(
        "--init", type=path, help="weights to start from instead of phase 1")
    parser.add_argument("--float-epochs", type=int, default=50)
    parser.add_argument("--quant-epochs", type=int, default=12)
    parser.add_argument("--float-rate", type=float, default=3e-3)
    parser.add_argument("--quant-rate", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument(
        "--observe", type=int, default=4000, help="jets that set the steps")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    train_jets, test_jets = load_jets(args.train), load_jets(args.test)
    save_events(args.out / "test.npz", *test_jets, TEST_EVENTS)
    save_events(
        args.out / "calibration.npz", *train_jets, CALIBRATION_EVENTS)
    jets, test = tensors(*train_jets), tensors(*test_jets)
    train = [t[:-HELD_OUT] for t in jets]
    held_out = [t[-HELD_OUT:] for t in jets]

    model = JetTagger()
    print(sum(p.numel() for p in model.parameters()), "parameters")
    if args.init:
        load_weights(args.init, model)
    else:
        print("float training")
        fit(model, train, held_out, args, "off",
            args.float_epochs, args.float_rate)
        save_weights(args.out / "weights.npz", model)
    print("quantization-aware training")
    fit(model, train, held_out, args, "on",
        args.quant_epochs, args.quant_rate)
    save_weights(args.out / "weights.npz", model)

    report(model, [t[:CALIBRATION_EVENTS] for t in train[:2]], test)


if __name__ == "__main__":
    main()
