#!/usr/bin/env python3
"""Compares adder graphs with and without adders of three operands and writes the table of docs/cmvm.md.

  cmvm_ternary_table.py                        the table on standard output
  cmvm_ternary_table.py --page docs/cmvm.md    the same, between the markers <!-- cmvm_ternary:begin --> and :end

Needs build/rtlgen and NumPy. The costs are by formula: Yosys knows no such adders. The figures of alkaid are for the
same matrices.
"""

import argparse
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy

from cmvm_table import INPUT, ROOT, matrix_name, weights
from page_table import replace_table

# Size, bits (0: entries -1, 0, 1) and seed of the matrix; cost of alkaid with adders of three operands.
ROWS = (
    ((16, 6, 0), 2198),
    ((16, 6, 1), 2239),
    ((16, 6, 2), 2137),
    ((16, 4, 0), 1444),
    ((16, 8, 0), 2972),
    ((16, 0, 0), 584),
    ((32, 6, 0), None),
)
# Levels per stage and depth slack.
PIPELINES = ((2, 0), (2, 2), (4, 0), (20, 0))


@functools.lru_cache(maxsize=None)
def solve(rtlgen, spec, effort, options):
    """The report of one matrix."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        numpy.save(folder / "W.npy", weights(*spec))
        done = subprocess.run([str(rtlgen), "cmvm", "W.npy", "--input", INPUT, "--effort", effort, *options],
                              cwd=folder, capture_output=True, text=True, check=False,
                              env={**os.environ, "RTLGEN_CACHE": ""})
    if done.returncode != 0:
        raise SystemExit(f"rtlgen cmvm failed:\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--effort", action="append", choices=("fast", "normal", "high"), help="may be repeated")
    parser.add_argument("--max-size", type=int, default=64, help="leave larger matrices out")
    parser.add_argument("--rtlgen", type=pathlib.Path, default=ROOT / "build" / "rtlgen")
    parser.add_argument("--page", type=pathlib.Path, help="page with the markers, changed in place")
    arguments = parser.parse_args()
    lines = ["| matrix | effort | levels a stage | clocks | without: adders | `cost_bits` | register bits "
             "| with: adders (of three) | `cost_bits` | | register bits | to alkaid |",
             "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for spec, peer in ROWS:
        for effort in arguments.effort or ["normal"]:
            for levels, slack in PIPELINES if spec[0] <= arguments.max_size else ():
                stages = ("--levels-per-stage", str(levels))
                two = solve(arguments.rtlgen.resolve(), spec, effort, stages)
                three = solve(arguments.rtlgen.resolve(), spec, effort,
                              (*stages, "--ternary", "--depth-slack", str(slack)))
                ratio = f"{three['cost_bits'] / peer:.3f}" if peer else ""
                clocks = f"{two['latency_cycles']}"
                if three["latency_cycles"] != two["latency_cycles"]:
                    clocks += f", with {three['latency_cycles']}"
                lines.append(
                    f"| {matrix_name(*spec)} | {effort} | {levels}{', slack 2' if slack else ''} | {clocks} "
                    f"| {two['adders']} | {two['cost_bits']} | {two['register_bits']} "
                    f"| {three['adders']} ({three['ternary_adders']}) | {three['cost_bits']} "
                    f"| {three['cost_bits'] / two['cost_bits']:.3f} | {three['register_bits']} | {ratio} |")
    table = "\n".join(lines) + "\n"
    if arguments.page:
        replace_table(arguments.page, "cmvm_ternary", table)
    else:
        sys.stdout.write(table)


if __name__ == "__main__":
    main()
