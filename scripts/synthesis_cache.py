#!/usr/bin/env python3
"""Keep the resource counts of `rtlgen synth` while a core stays the same.

  synthesis_cache.py store OUT FILE   report.json of OUT -> FILE
  synthesis_cache.py load  OUT FILE   FILE -> report.json of OUT

`rtlgen build` writes a new report.json, without the counts.  They still hold
where the Verilog and the file list are the same, byte for byte.  `load` exits
with 1 where FILE is missing or belongs to another core.
"""

import hashlib
import json
import pathlib
import sys


def core_hash(out):
    """Return a hash over the names and contents of all sources of a core."""
    digest = hashlib.sha256()
    for path in sorted(out.glob("src/*.v")) + sorted(out.glob("*.f")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def main(action, out, cache):
    """Run the command line; return the exit status."""
    report_path = out / "report.json"
    report = json.loads(report_path.read_text())
    core = core_hash(out)
    if action == "store":
        kept = {"core": core, "yosys": report["resources"]["yosys"]}
        cache.write_text(json.dumps(kept, indent=1) + "\n")
        return 0
    try:
        kept = json.loads(cache.read_text())
        if kept["core"] != core:
            return 1
        report["resources"]["yosys"] = kept["yosys"]
    except (OSError, ValueError, KeyError):
        return 1
    report_path.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("store", "load"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], *map(pathlib.Path, sys.argv[2:])))
