#!/usr/bin/env python3
"""Write small transformers as torch exports them: tests/data/import/torch/NAME.onnx and NAME.pt.

Needs torch (made with 1.13).  NAME.pt is the state dict of the same model.
Weights are seeded; torch's own float32 outputs are compared with
qonnx_forward.py while the files are written.
"""

import argparse
import io
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch import nn

TOKENS, FEATURES, DIM, HEADS, HIDDEN, OUTPUTS = 8, 6, 16, 2, 24, 5
HERE = pathlib.Path(__file__).parent


class Tagger(nn.Module):
    """Embedding, encoder, mean over the tokens, head."""

    def __init__(self, norm_first, activation, batch_first):
        super().__init__()
        self.batch_first = batch_first
        self.embed = nn.Linear(FEATURES, DIM)
        layer = nn.TransformerEncoderLayer(DIM, HEADS, HIDDEN, dropout=0.0, activation=activation,
                                           batch_first=batch_first, norm_first=norm_first)
        self.encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(DIM) if norm_first else None,
                                             enable_nested_tensor=False)
        self.head = nn.Linear(DIM, OUTPUTS)

    def forward(self, x):
        """x: [batch, tokens, features], or [tokens, batch, features]."""
        return self.head(self.encoder(self.embed(x)).mean(dim=1 if self.batch_first else 0))


class Regressor(nn.Module):
    """Embedding, encoder that leaves out padding tokens, a linear for each token."""

    def __init__(self):
        super().__init__()
        self.input_layer = nn.Linear(FEATURES, DIM)
        layer = nn.TransformerEncoderLayer(DIM, HEADS, HIDDEN, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.decoder = nn.Linear(DIM, 3)

    def forward(self, x, padding):
        """x: [batch, tokens, features]; padding: [batch, tokens], true where a token is not real."""
        return self.decoder(self.encoder(self.input_layer(x), src_key_padding_mask=padding))


class Attention(nn.Module):
    """Nothing but a multi-head attention."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(DIM, HEADS, batch_first=True)

    def forward(self, x):
        """x: [batch, tokens, dim]."""
        return self.attention(x, x, x, need_weights=False)[0]


class Written(nn.Module):
    """Attention as people write it: a fused projection whose parts an axis of size 3 tells apart.  `steps`: functions and
    constants stand between the steps; `shared`: all heads have the same keys and values."""

    def __init__(self, steps=False, shared=False):
        super().__init__()
        self.steps, self.shared = steps, shared
        self.embed, self.out = nn.Linear(FEATURES, DIM), nn.Linear(DIM, DIM)
        self.qkv = nn.Linear(DIM, (1 if shared else HEADS) * 2 * (DIM // HEADS) + DIM)
        self.norm, self.head, self.gate = nn.LayerNorm(DIM), nn.Linear(DIM, OUTPUTS), nn.Linear(DIM, OUTPUTS)
        self.bias = nn.Parameter(torch.randn(HEADS, TOKENS, TOKENS))

    def parts(self, x):
        """Queries, keys and values, [batch, heads, tokens, elements]."""
        batch, width = len(x), DIM // HEADS
        if self.shared:
            query, key, value = self.qkv(x).split([DIM, width, width], dim=-1)
            return query.view(batch, TOKENS, HEADS, width).transpose(1, 2), key.unsqueeze(1), value.unsqueeze(1)
        return self.qkv(self.norm(x)).reshape(batch, TOKENS, 3, HEADS, width).permute(2, 0, 3, 1, 4).unbind(0)

    def forward(self, x):
        """x: [batch, tokens, features]."""
        x = self.embed(x)
        query, key, value = self.parts(x)
        if self.steps:
            query, key = nn.functional.relu(query), nn.functional.softplus(key)
        scores = (query @ key.transpose(-2, -1)) * (DIM // HEADS)**-0.5
        if self.steps:
            scores = scores + self.bias
        mixed = (scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(len(x), TOKENS, DIM)
        x = (x + self.out(mixed)).mean(dim=1)
        return torch.cat([self.head(x), torch.sigmoid(self.gate(x))], dim=-1)


def slow_path(model):
    """Keep attention in operators that ONNX has, not in the fused ones that torch prefers where it only infers."""
    for module in model.modules():
        if isinstance(module, nn.TransformerEncoderLayer):
            module.activation_relu_or_gelu = 0
        if isinstance(module, nn.MultiheadAttention):
            module.train()  # dropout is 0: training differs in nothing else
    return model


def randomize(model):
    """Spread biases and norms, which start at 0 and 1."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))


def compare(path, inputs, expected):
    """Check the exported file against torch."""
    with tempfile.TemporaryDirectory() as folder:
        x, y = f"{folder}/x.npz", f"{folder}/y.npy"
        np.savez(x, **{name: value.numpy() for name, value in inputs.items()})
        subprocess.run([sys.executable, HERE / "qonnx_forward.py", path, x, y], check=True, stdout=subprocess.DEVNULL)
        error = np.abs(np.load(y) - expected.numpy().reshape(len(expected), -1)).max()
    print(f"{path.name}: {path.stat().st_size} bytes, largest difference from torch {error:.1e}")
    assert error < 1e-5, path


def export(folder, name, model, shapes, opset, open_batch=False, events=16):
    """Write NAME.onnx for events of batch 1 (or of any), and NAME.pt."""
    slow_path(model.eval())
    randomize(model)
    torch.save(model.state_dict(), folder / f"{name}.pt")
    inputs = {}
    for key, shape in shapes.items():
        inputs[key] = torch.randn(events, *shape)
        if key == "padding":
            inputs[key] = torch.arange(shape[1])[None, None] >= torch.randint(1, shape[1] + 1, (events, 1, 1))
    one = tuple(value[0] for value in inputs.values())
    with io.BytesIO() as buffer:
        torch.onnx.export(model, one, buffer, input_names=list(inputs), output_names=["y"], opset_version=opset,
                          dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}} if open_batch else None)
        path = folder / f"{name}.onnx"
        path.write_bytes(buffer.getvalue())
    with torch.no_grad():
        rows = [model(*(value[i] for value in inputs.values())).reshape(-1) for i in range(events)]
    compare(path, inputs, torch.stack(rows))


def main():
    """Write all models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "torch")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(2024)
    torch.set_num_threads(1)
    batched, tokens_first = {"x": (1, TOKENS, FEATURES)}, {"x": (TOKENS, 1, FEATURES)}
    export(args.output, "post_relu_11", Tagger(False, "relu", True), batched, 11)
    export(args.output, "pre_gelu_13", Tagger(True, "gelu", True), batched, 13)
    export(args.output, "post_gelu_17", Tagger(False, "gelu", True), batched, 17)
    export(args.output, "tokens_first_pre_relu_17", Tagger(True, "relu", False), tokens_first, 17)
    export(args.output, "tokens_first_post_relu_13", Tagger(False, "relu", False), tokens_first, 13)
    export(args.output, "open_batch_post_relu_13", Tagger(False, "relu", True), batched, 13, open_batch=True)
    export(args.output, "padding_post_relu_13", Regressor(), {"x": (1, TOKENS, FEATURES), "padding": (1, TOKENS)}, 13)
    export(args.output, "attention_13", Attention(), {"x": (1, TOKENS, DIM)}, 13)
    export(args.output, "attention_11", Attention(), {"x": (1, TOKENS, DIM)}, 11)
    export(args.output, "written_13", Written(), batched, 13)
    export(args.output, "written_shared_15", Written(shared=True), batched, 15)
    export(args.output, "written_steps_15", Written(steps=True), batched, 15)


if __name__ == "__main__":
    main()
