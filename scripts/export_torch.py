#!/usr/bin/env python3
"""Turn the state dict of a PyTorch transformer encoder into model.yaml and weights.npz.

    export_torch.py model.pt -o folder --heads 8 --tokens 27 --norm post --mask count

Read are the names that torch gives: blocks of nn.TransformerEncoderLayer under
any prefix (self_attn.in_proj_weight or q_proj_weight .., out_proj, linear1,
linear2, norm1, norm2), the norm of nn.TransformerEncoder, and the linears
around the blocks.  A state dict says nothing of what has no weights, so that
comes as options: heads, where the norms stand, activations, pooling, padding.

torch is not needed, and nothing in the file is executed: only tensors and
plain containers are rebuilt.  (Files of torch before 1.6 do need it.)
Problems are reported in one line, exit status 2; nothing is written then.
"""

import argparse
import collections
import pathlib
import pickle
import re
import shutil
import sys
import tempfile
import zipfile

import numpy as np

STORAGES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "<u2",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1",
    "BoolStorage": "?",
}
WANTED = "expected a state dict, torch.save(model.state_dict(), ..), or the model as .onnx, torch.onnx.export(model, ..)"
FORMAT = re.compile(r"u?fixed<[^<>]*>|auto<\d+>")


class ExportError(Exception):
    """What is wrong with a file or an option, in one line."""


# The file.


def strided(storage, offset, size, stride):
    """Make an array of a flat storage; torch writes sizes and strides in elements."""
    if len(size) != len(stride) or any(not isinstance(n, int) or n < 0 for n in (offset, *size, *stride)):
        raise ExportError("holds a tensor of impossible shape")
    count = int(np.prod([float(s) for s in size]))  # float: it may be anything
    if count > storage.size or (count and offset + sum((s - 1) * t for s, t in zip(size, stride)) >= storage.size):
        raise ExportError("holds a tensor that is larger than its data")
    if count == 0:
        return np.zeros(size, storage.dtype)
    step = storage.itemsize
    return np.lib.stride_tricks.as_strided(storage[offset:], size, [t * step for t in stride]).copy()


class StateUnpickler(pickle.Unpickler):
    """Rebuilds tensors and containers, and refuses everything else."""

    def __init__(self, file, archive, folder):
        super().__init__(file)
        self.archive, self.folder = archive, folder

    def find_class(self, module, name):
        """Only the few functions that state dicts are made of."""
        known = {
            ("collections", "OrderedDict"): collections.OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, size, stride, *_: strided(
                storage, offset, size, stride),
            ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
            ("torch", "Size"): tuple,
        }
        if module == "torch" and name in STORAGES:
            return name
        if (module, name) not in known:
            raise ExportError(f"holds a pickled {module}.{name}, which needs code of its own; {WANTED}")
        return known[module, name]

    def persistent_load(self, pid):
        """Data of a storage: ('storage', type, key, device, number of elements)."""
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage" or pid[1] not in STORAGES:
            raise ExportError("holds data of an unknown kind")
        data = self.archive.read(f"{self.folder}/data/{pid[2]}")
        dtype = np.dtype(STORAGES[pid[1]])
        if not isinstance(pid[4], int) or pid[4] < 0 or len(data) < pid[4] * dtype.itemsize:
            raise ExportError("is cut: a tensor is shorter than it says")
        values = np.frombuffer(data, dtype, pid[4])
        if pid[1] == "BFloat16Storage":  # the upper half of a float32
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return values


def read_archive(path):
    """Read what torch.save wrote, as numpy arrays in containers."""
    with zipfile.ZipFile(path) as archive:
        if any(re.match(r"[^/]*/(constants\.pkl$|code/)", n) for n in archive.namelist()):
            raise ExportError(f"is TorchScript (torch.jit.save); {WANTED}")
        pickles = [n for n in archive.namelist() if n.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ExportError("is a zip file without the data.pkl of torch.save")
        if any(i.compress_type != zipfile.ZIP_STORED for i in archive.infolist()):
            raise ExportError("is compressed, which torch.save does not do")
        folder = pickles[0].rsplit("/", 1)[0]
        if f"{folder}/byteorder" in archive.namelist() and archive.read(f"{folder}/byteorder") != b"little":
            raise ExportError("is big-endian, expected little-endian")
        with archive.open(pickles[0]) as file:
            return StateUnpickler(file, archive, folder).load()


def read_with_torch(path):
    """Read files of another kind where torch is there."""
    try:
        import torch  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise ExportError("is no zip archive of torch.save (and torch is not installed to read older files)") from error
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        if "weights_only" in str(error) or "Weights only" in str(error):  # torch would advise to run the file's code
            raise ExportError(f"holds other things than tensors, as a whole module; {WANTED}") from error
        raise ExportError("cannot be read by torch: " + str(error).split("\n", maxsplit=1)[0][:120]) from error


def load_file(path):
    """Containers and tensors of a file; all that can go wrong becomes an ExportError."""
    try:
        with open(path, "rb") as file:
            archive = file.read(2) == b"PK"
        return read_archive(path) if archive else read_with_torch(path)
    except ExportError:
        raise
    except OSError as error:
        raise ExportError(error.strerror or str(error)) from error
    except Exception as error:  # a damaged pickle raises almost anything
        raise ExportError(f"is damaged: {type(error).__name__}: {error}") from error


def state_dicts(value, key=""):
    """All dictionaries of tensors in a checkpoint, with their keys."""
    if not isinstance(value, dict):
        return
    if value and all(isinstance(k, str) and hasattr(v, "shape") for k, v in value.items()):
        yield key, value
        return
    for name, item in value.items():
        yield from state_dicts(item, f"{key}.{name}" if key else str(name))


def load_state(path, key):
    """The state dict of a file as float arrays by name."""
    found = [(name, s) for name, s in state_dicts(load_file(path)) if key in (None, name)]
    if len(found) > 1:
        found = [(n, s) for n, s in found if any(k.endswith("in_proj_weight") or "q_proj_weight" in k for k in s)]
    if len(found) != 1:
        names = ", ".join(n or "(the whole file)" for n, _ in found)
        raise ExportError(f"has {len(found)} state dicts{': ' if names else ''}{names}; choose one with --key")
    state = {k: np.asarray(v) for k, v in found[0][1].items()}
    for name, array in state.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ExportError(f"{name} is not finite")
    return state


# What is in it.


class Encoder:
    """The parts of an encoder, found by the names of their parameters."""

    def __init__(self, state):
        self.state = dict(state)
        owners = [k.rsplit(".", 1)[0] for k in state if re.search(r"\.(in_proj_weight|q_proj_weight)$", "." + k)]
        if not owners:
            raise ExportError("has no in_proj_weight: only nn.TransformerEncoderLayer and MultiheadAttention are known")
        self.order = list(state)
        self.blocks = []
        for owner in owners:
            prefix = owner.rpartition(".")[0]
            self.blocks.append(self.block(prefix + "." if prefix else "", owner))
        self.dim = self.blocks[0]["attn.wo"].shape[0]
        norms = [k for k, v in self.state.items() if v.ndim == 1 and k.endswith(".weight")]
        if len(norms) > 1:
            raise ExportError("has more than a final norm outside the blocks: " + ", ".join(norms))
        self.norm = self.pair(norms[0][:-len(".weight")], 1) if norms else None
        first = self.order.index(next(k for k in self.order if k.startswith(owners[0])))
        linears = [k[:-len(".weight")] for k, v in self.state.items() if v.ndim == 2 and k.endswith(".weight")]
        self.before = [k for k in linears if self.order.index(k + ".weight") < first]
        self.after = [k for k in linears if k not in self.before]
        if not self.chained():  # modules may be made in any order; shapes decide then
            shapes = {k: self.state[k + ".weight"].shape for k in linears}
            self.before = [k for k in linears if shapes[k][0] == self.dim != shapes[k][1]]
            self.after = [k for k in linears if k not in self.before]
            if not self.chained():
                text = ", ".join(f"{k} {list(shapes[k])}" for k in linears)
                raise ExportError(f"linears around blocks of width {self.dim} do not chain: {text}")
        self.before = [self.pair(k, 2) for k in self.before]
        self.after = [self.pair(k, 2) for k in self.after]
        rest = [k for k, v in self.state.items() if v.dtype.kind == "f"]
        if rest:
            raise ExportError("has parameters that are not part of an encoder: " + ", ".join(rest[:4]))

    def take(self, name, *shape):
        """Remove a parameter; None where there is none."""
        value = self.state.pop(name, None)
        if value is not None and shape and value.shape != shape:
            raise ExportError(f"{name} is {list(value.shape)}, expected {list(shape)}")
        return value

    def pair(self, name, rank):
        """Weight and bias of a layer, the bias may be missing."""
        weight = self.take(name + ".weight")
        if weight.ndim != rank:
            raise ExportError(f"{name}.weight is {list(weight.shape)}, expected {rank} dimensions")
        return {"weight": weight, "bias": self.take(name + ".bias", weight.shape[0])}

    def block(self, prefix, owner):
        """Arrays of a block by the names of model.yaml, those of attention with merged heads."""
        merged = self.take(owner + ".in_proj_weight")
        if merged is None:
            parts = [self.take(f"{owner}.{p}_proj_weight") for p in "qkv"]
        else:
            parts = np.split(merged, 3) if merged.ndim == 2 and merged.shape[0] % 3 == 0 else []
        out = self.take(owner + ".out_proj.weight")
        if len(parts) != 3 or out is None or out.ndim != 2 or any(p is None or p.shape != out.shape for p in parts):
            raise ExportError(f"{owner}: projections are not those of self-attention of one width")
        dim = out.shape[0]
        biases = self.take(owner + ".in_proj_bias", 3 * dim)
        biases = [None] * 3 if biases is None else np.split(biases, 3)
        arrays = {"attn.wo": out, "attn.bo": self.take(owner + ".out_proj.bias", dim)}
        for name, weight, bias in zip("qkv", parts, biases):
            arrays["attn.w" + name], arrays["attn.b" + name] = weight, bias
        if prefix + "linear1.weight" not in self.state and prefix + "norm1.weight" not in self.state:
            return arrays  # an attention alone
        w1 = self.take(prefix + "linear1.weight")
        if w1 is None or w1.ndim != 2 or w1.shape[1] != dim:
            raise ExportError(f"{prefix}linear1.weight is missing or does not take {dim} features")
        arrays.update({
            "ffn.w1": w1, "ffn.b1": self.take(prefix + "linear1.bias", w1.shape[0]),
            "ffn.w2": self.take(prefix + "linear2.weight", dim, w1.shape[0]),
            "ffn.b2": self.take(prefix + "linear2.bias", dim),
        })
        for norm in ("norm1", "norm2"):
            for part in ("weight", "bias"):
                arrays[f"{norm}.{part}"] = self.take(f"{prefix}{norm}.{part}", dim)
        missing = [k for k in ("ffn.w2", "norm1.weight", "norm2.weight") if arrays[k] is None]
        left = [k for k in self.state if k.startswith(prefix) and prefix]
        if missing or left:
            raise ExportError(f"{prefix or owner}: " + (f"no {missing[0]}" if missing else f"unknown {left[0]}"))
        return arrays

    def chained(self):
        """Whether the linears fit on each other and on the blocks."""
        width = None
        for name in self.before:
            weight = self.state[name + ".weight"]
            if width not in (None, weight.shape[1]):
                return False
            width = weight.shape[0]
        if width not in (None, self.dim):
            return False
        width = self.dim
        for name in self.after:
            weight = self.state[name + ".weight"]
            if weight.shape[1] != width:
                return False
            width = weight.shape[0]
        return True


# What is written.


def numbered(name, count):
    """Names of equal parts: one alone has no number."""
    return [name] if count == 1 else [f"{name}{i}" for i in range(count)]


class Description:
    """Layers of model.yaml and the arrays of weights.npz."""

    def __init__(self, args):
        self.args = args
        self.lines, self.arrays = [], {}

    def layer(self, **keys):
        """Add a layer line."""
        text = ", ".join(f"{k}: {str(v).lower() if isinstance(v, bool) else v}" for k, v in keys.items())
        self.lines.append(f"  - {{{text}}}")

    def dense(self, name, part, activation):
        """Add a linear."""
        keys = {"name": name, "type": "dense", "units": part["weight"].shape[0]}
        if activation != "none":
            keys["activation"] = activation
        if part["bias"] is None:
            keys["use_bias"] = False
        else:
            self.arrays[name + ".bias"] = part["bias"]
        self.arrays[name + ".weight"] = part["weight"]
        self.layer(**keys)

    def dense_chain(self, name, parts, last_activation):
        """Add linears behind each other."""
        for index, (one, part) in enumerate(zip(numbered(name, len(parts)), parts)):
            last = index == len(parts) - 1
            self.dense(one, part, last_activation if last else self.args.mlp_activation)

    def blocks(self, blocks):
        """Add the encoder's blocks, which must be alike, or attentions alone."""
        heads, dim = self.args.heads, blocks[0]["attn.wo"].shape[0]
        alone = "ffn.w1" not in blocks[0]
        hidden = None if alone else blocks[0]["ffn.w1"].shape[0]
        if dim % heads:
            raise ExportError(f"a width of {dim} is no multiple of {heads} heads")
        if any({k: getattr(v, "shape", None) for k, v in b.items() if ".w" in k} !=
               {k: v.shape for k, v in blocks[0].items() if ".w" in k} for b in blocks):
            raise ExportError("blocks differ in their shapes")
        biased = any(value is not None for b in blocks for k, value in b.items() if re.search(r"\.b[qkvo12]$", k))
        names = numbered("attention" if alone else "block", len(blocks))
        for name, block in zip(names, blocks):
            for key, value in block.items():
                if value is None and (biased or "norm" in key):  # zero where only this one is missing
                    value = np.zeros(hidden if key == "ffn.b1" else dim, np.float32)
                if value is None:
                    continue
                if re.search(r"attn\.[wb][qkv]$", key):
                    value = value.reshape(heads, dim // heads, *value.shape[1:])
                elif key == "attn.wo":
                    value = value.reshape(dim, heads, dim // heads)
                self.arrays[f"{name}.{key.replace('attn.', '') if alone else key}"] = value
        common = {"heads": heads, "key_dim": dim // heads}
        if not biased:
            common["use_bias"] = False
        if alone:
            for name in names:
                self.layer(name=name, type="multi_head_attention", **common)
            return
        keys = {"name": "block", "type": "transformer_block", "repeat": len(blocks), **common, "hidden": hidden,
                "norm": self.args.norm, "activation": self.args.activation}
        if len(blocks) == 1:
            del keys["repeat"]
        if self.args.epsilon != 1e-5:
            keys["epsilon"] = repr(self.args.epsilon)
        self.layer(**keys)

    def head_lines(self, features):
        """What stands in front of the layers."""
        args = self.args
        calibrated = args.calibration is not None
        event = args.input or ("auto<16>" if calibrated else "fixed<18,8>")
        chosen = "" if args.input else "  # format chosen by the importer"
        lines = [f"# PyTorch state dict {comment(args.file.name)}"]
        if not args.input and not calibrated:
            lines.append(f"# Note: the event's format {event} was chosen here without looking at ranges, of which the file "
                         "says nothing; events (--calibration) or --input settle it")
        lines += [
            f"model: {core_name(args.file.stem)}",
            f'input: {{tokens: {args.tokens}, features: {features}, format: "{event}", mask: {args.mask}}}{chosen}',
            "weights: weights.npz",
        ]
        if calibrated:
            lines += [f"calibration: calibration{args.calibration.suffix}", "precision:",
                      "  default: {weight: auto<16>, bias: auto<16>, activation: auto<16>}"]
        else:
            lines += ["# Without calibration events these formats must hold what occurs.", "precision:",
                      '  default: {weight: auto<16>, bias: auto<16>, activation: "fixed<18,8>", score: "fixed<16,8>"}']
        return lines + ["layers:"]


def comment(text):
    """Text that may stand in a comment."""
    return re.sub(r"[^ -~]", "?", text)


def core_name(text):
    """A name for the core: a Verilog identifier that is no module of the library."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", text)[:50]
    modules = {file.stem for file in pathlib.Path(__file__).resolve().parent.parent.glob("rtl_lib/*.v")}
    return name if re.match(r"[A-Za-z_]", name) and name.lower() not in modules else "model_" + name


def describe(encoder, args):
    """The text of model.yaml and the arrays by name."""
    out = Description(args)
    if encoder.before:
        out.dense_chain("input", encoder.before, "none")
    out.blocks(encoder.blocks)
    if encoder.norm is not None:
        out.layer(name="norm", type="layer_norm", epsilon=repr(args.epsilon))
        out.arrays["norm.weight"] = encoder.norm["weight"]
        bias = encoder.norm["bias"]
        out.arrays["norm.bias"] = np.zeros_like(encoder.norm["weight"]) if bias is None else bias
    if args.pool != "none":
        out.layer(name="pool", type="pool", mode=args.pool)
    if encoder.after:
        out.dense_chain("output", encoder.after, args.output_activation)
    features = encoder.before[0]["weight"].shape[1] if encoder.before else encoder.dim
    return "\n".join(out.head_lines(features) + out.lines) + "\n", out.arrays


def write(args, text, arrays):
    """Make the folder in one step."""
    if args.output.exists():
        raise ExportError(f"{args.output} exists already")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.output.parent, prefix=args.output.name + ".tmp") as temporary:
        folder = pathlib.Path(temporary) / "new"
        folder.mkdir()
        (folder / "model.yaml").write_text(text, encoding="ascii")
        np.savez(folder / "weights.npz", **arrays)
        if args.calibration is not None:
            shutil.copy(args.calibration, folder / f"calibration{args.calibration.suffix}")
        folder.rename(args.output)


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path, help="what torch.save wrote: a state dict, or a checkpoint with one")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="folder to make")
    parser.add_argument("--heads", type=int, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--norm", choices=["post", "pre"], default="post", help="norm_first=True is pre")
    parser.add_argument("--activation", choices=["relu", "gelu"], default="relu", help="in the blocks")
    parser.add_argument("--epsilon", type=float, default=1e-5, help="of all norms")
    parser.add_argument("--pool", choices=["none", "mean", "sum", "max"], default="none",
                        help="over the tokens, behind the blocks")
    parser.add_argument("--mlp-activation", choices=["none", "relu", "gelu", "sigmoid", "tanh", "silu"],
                        default="relu", help="between several linears in front of or behind the blocks")
    parser.add_argument("--output-activation", choices=["none", "sigmoid", "tanh", "softmax"], default="none")
    parser.add_argument("--mask", choices=["none", "count", "valid"], default="none",
                        help="how events say which tokens are real (src_key_padding_mask)")
    parser.add_argument("--input", help="number format of the event, as fixed<16,6>")
    parser.add_argument("--calibration", type=pathlib.Path, help="events (.npy, .npz) that settle the formats")
    parser.add_argument("--key", help="where the state dict is in a checkpoint, as model_state_dict")
    args = parser.parse_args()
    if args.heads < 1 or args.tokens < 1:
        parser.error("--heads and --tokens must be positive")
    if args.input is not None and not FORMAT.fullmatch(args.input):
        parser.error("--input must be a format as fixed<16,6>")
    return args


def main():
    """Write the folder."""
    args = arguments()
    try:
        text, arrays = describe(Encoder(load_state(args.file, args.key)), args)
        write(args, text, arrays)
    except ExportError as error:
        print(f"{args.file}: error: {error}".replace("\n", " "), file=sys.stderr)
        return 2
    print(f"{args.output}/model.yaml: next: rtlgen build {args.output}/model.yaml -o rtl")
    return 0


if __name__ == "__main__":
    sys.exit(main())
