#!/usr/bin/env python3
"""Make tables of the report.json files that `rtlgen build` leaves.

  results_table.py REPORT...                     Markdown, on standard output
  results_table.py --readme README.md REPORT...  the same, between the markers
                                                 <!-- results:begin --> and
                                                 <!-- results:end -->
"""

import argparse
import json
import pathlib
import sys

from page_table import replace_table

RESOURCES = ("lut", "ff", "dsp", "bram")


def quality(report):
    """Float, golden and RTL against labels, or golden against float."""
    accuracy = report.get("accuracy")
    if accuracy is None:
        return "not run"
    for measure, name in (("accuracy", "accuracy"),
                          ("mean_squared_error", "MSE")):
        values = [(part, accuracy[part][measure])
                  for part in ("float", "golden", "rtl")
                  if measure in accuracy.get(part, {})]
        if values:
            return name + " " + ", ".join(
                f"{part} {value:.4g}" for part, value in values)
    text = f"golden to float {accuracy['sqnr_db']:.1f} dB"
    if "class_agreement" in accuracy:
        text += f", same class {100 * accuracy['class_agreement']:.1f} %"
    return text


def verification(report):
    """What the co-simulation found."""
    found = report.get("verification")
    if found is None:
        return "not run"
    events = sum(found[key] for key in
                 ("events", "events_with_gaps", "events_with_resets"))
    return f"{found['mismatches']} in {events} events"


def mhz(value):
    """A frequency without needless digits."""
    return f"{value:g} MHz"


def markdown(reports):
    """Return a table with a row for each report."""
    lines = ["| model | input | clock | latency | event interval | estimated LUT, FF, DSP, BRAM "
             "| Yosys LUT (as SRL or RAM), FF, DSP, BRAM | quality | wrong bits |",
             "|---|---|---|---|---|---|---|---|---|"]
    for r in reports:
        estimate = ", ".join(f"{r['resources']['estimate'][key]:,}" for key in RESOURCES)
        yosys = "not run"
        if "yosys" in r["resources"]:
            counts = r["resources"]["yosys"]
            memory = counts["srl"] + counts["lutram"]
            yosys = f"{counts['lut'] + memory:,.0f} ({memory:,.0f}), " + ", ".join(
                f"{counts[key]:,.0f}" for key in RESOURCES[1:])
        lines.append("| " + " | ".join((
            r["model"], f"{r['tokens']} x {r['features']}", mhz(r["clock_mhz"]),
            f"{r['latency_cycles']} clocks = {r['latency_ns']:.4g} ns",
            f"{r['interval_cycles']} clocks = {r['interval_ns']:.4g} ns",
            estimate, yosys, quality(r), verification(r))) + " |")
    return "\n".join(lines) + "\n"


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reports", nargs="+", type=pathlib.Path, metavar="REPORT")
    parser.add_argument("--readme", type=pathlib.Path, help="page with the markers, changed in place")
    arguments = parser.parse_args()
    reports = [json.loads(path.read_text()) for path in arguments.reports]
    if arguments.readme:
        replace_table(arguments.readme, "results", markdown(reports))
    else:
        sys.stdout.write(markdown(reports))


if __name__ == "__main__":
    main()
