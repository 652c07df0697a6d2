#!/usr/bin/env python3
"""Multiplies by random matrices, synthesizes with Yosys and writes the table of docs/cmvm.md.

  cmvm_table.py                        the table on standard output
  cmvm_table.py --page docs/cmvm.md    the same, between the markers <!-- cmvm:begin --> and <!-- cmvm:end -->
  cmvm_table.py --effort fast --effort high --max-size 16

Needs build/rtlgen, Yosys, Icarus Verilog and NumPy. Every module is simulated with its testbench first. The larger
matrices take minutes to synthesize. The figures of da4ml and of its successor alkaid are for the same matrices, their
best of several settings, with the same Yosys and script.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

from page_table import replace_table

ROOT = pathlib.Path(__file__).resolve().parent.parent
INPUT = "fixed<8,8>"
LEVELS = 2

# Size, bits (0: entries -1, 0, 1) and seed of the matrix; adders, depth, clocks, LUT + INV and FF of da4ml.
ROWS = (
    ((16, 6, 0), (286, 6, 4, 3156, 2247)),
    ((16, 6, 1), (289, 6, 4, 3237, 2249)),
    ((16, 6, 2), (275, 9, 6, 3160, 2584)),
    ((16, 6, 2), (308, 6, 4, 3381, 2306)),
    ((16, 4, 0), (203, 7, 5, 2167, 1807)),
    ((16, 8, 0), (360, 9, 6, 4367, 3281)),
    ((32, 6, 0), (1052, 8, 5, 12017, 8372)),
    ((16, 0, 0), None),
    ((64, 6, 0), None),
)
# LUT + INV of the best of 84 settings of alkaid at any depth, its graph in our cells or its own Verilog.
ALKAID = {(16, 6, 0): 3188, (16, 6, 1): 3285, (16, 6, 2): 3201, (16, 4, 0): 2147, (16, 8, 0): 4487, (16, 0, 0): 836}
DA4ML_KEYS = ("adders", "depth", "clocks", "lut", "ff")


def weights(size, bits, seed):
    """The matrix of a row."""
    low, end = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if bits else (-1, 2)
    return numpy.random.default_rng(seed).integers(low, end, (size, size))


def matrix_name(size, bits, seed):
    """A row's matrix as the tables call it."""
    return f"{size} x {size}, " + (f"{bits} bits, seed {seed}" if bits else "-1 0 1")


def run(command, folder):
    """Standard output of a command; its failure ends the program."""
    # Without the cache of graphs found before, since seconds are measured.
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, "RTLGEN_CACHE": ""})
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed in {folder}:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def simulate(folder):
    """Runs the testbench of a folder, which must pass."""
    run(["iverilog", "-g2005", "-Wall", "-s", "cmvm_tb", "-o", "sim.vvp", "-c", "cmvm.f", "sim/cmvm_tb.v"], folder)
    said = run(["vvp", "-n", "sim.vvp"], folder)
    if not said.startswith("PASS"):
        raise SystemExit(f"{folder}: {said}")


def cells(folder):
    """Cells by type, as Yosys counts them in the flattened module."""
    sources = " ".join((folder / "cmvm.f").read_text().split())
    log = run(["yosys", "-p", f"read_verilog {sources}; "
               "synth_xilinx -family xcup -flatten -noiopad -top cmvm; stat"], folder)
    last = log[log.rindex("Printing statistics"):]
    return {name: int(count) for name, count in re.findall(r"^\s+([A-Z]\w*)\s+(\d+)$", last, re.MULTILINE)}


def measure(rtlgen, spec, effort):
    """Builds, simulates and synthesizes one matrix."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        numpy.save(folder / "W.npy", weights(*spec))
        report = json.loads(run([rtlgen, "cmvm", "W.npy", "--input", INPUT, "--levels-per-stage", LEVELS, "--effort",
                                 effort, "-o", "out"], folder))
        simulate(folder / "out")
        counts = cells(folder / "out")
    return {"adders": report["adders"], "depth": report["depth"], "clocks": report["latency_cycles"],
            "cost": report["cost_bits"],
            "lut": sum(counts.get(f"LUT{size}", 0) for size in range(1, 7)) + counts.get("INV", 0),
            "ff": sum(count for name, count in counts.items() if name.startswith("FD")),
            "srl": sum(count for name, count in counts.items() if name.startswith("SRL")),
            "seconds": report["solve_seconds"]}


def markdown(results):
    """A table with the rows of each matrix one below the other."""
    lines = ["| matrix | made by | adders | depth | clocks | LUT + INV | to da4ml | to alkaid | FF | LUT + INV to cost "
             "| seconds |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    for spec, reference, measured in results:
        matrix = matrix_name(*spec)
        if reference is not None:
            lines.append(f"| {matrix} | da4ml | " + " | ".join(
                str(reference[key]) for key in DA4ML_KEYS[:4]) + f" | | | {reference['ff']} | | |")
        for effort, row in measured:
            ratio = f"{row['lut'] / reference['lut']:.3f}" if reference is not None else ""
            peer = f"{row['lut'] / ALKAID[spec]:.3f}" if spec in ALKAID else ""
            ff = f"{row['ff']}" + (f" + {row['srl']} SRL" if row["srl"] else "")
            lines.append(f"| {matrix} | rtlgen, {effort} | {row['adders']} | {row['depth']} | {row['clocks']} | "
                         f"{row['lut']} | {ratio} | {peer} | {ff} | {row['lut'] / row['cost']:.3f} "
                         f"| {row['seconds']:.1f} |")
    return "\n".join(lines) + "\n"


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--effort", action="append", choices=("fast", "normal", "high"), help="may be repeated")
    parser.add_argument("--max-size", type=int, default=64, help="leave larger matrices out")
    parser.add_argument("--jobs", type=int, default=1, help="matrices at a time")
    parser.add_argument("--rtlgen", type=pathlib.Path, default=ROOT / "build" / "rtlgen")
    parser.add_argument("--page", type=pathlib.Path, help="page with the markers, changed in place")
    arguments = parser.parse_args()
    efforts = arguments.effort or ["normal"]
    results = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for spec, figures in ROWS:
            if spec[0] > arguments.max_size:
                continue
            reference = dict(zip(DA4ML_KEYS, figures)) if figures is not None else None
            results.append((spec, reference, [
                (effort, pool.submit(measure, arguments.rtlgen.resolve(), spec, effort)) for effort in efforts]))
        results = [(spec, reference, [(effort, future.result()) for effort, future in measured])
                   for spec, reference, measured in results]
    table = markdown(results)
    if arguments.page:
        replace_table(arguments.page, "cmvm", table)
    else:
        sys.stdout.write(table)


if __name__ == "__main__":
    main()
