#!/bin/bash
# From nothing to a verified core: installs, builds, compiles the jet tagger to Verilog in rtl/, co-simulates 2000 jets,
# counts the resources of an UltraScale+ device with Yosys, and prints what came out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh
scripts/build.sh rtlgen
build/rtlgen build configs/jet_tagger/model.yaml -o rtl/ --events 2000

# Synthesis takes minutes, so its result is kept for as long as the Verilog stays the same.
if ! scripts/synthesis_cache.py load rtl/ build/demo_synthesis.json; then
  echo "synthesis with Yosys: a few minutes, once"
  build/rtlgen synth rtl/ --family xcup
  scripts/synthesis_cache.py store rtl/ build/demo_synthesis.json
fi

echo
scripts/results_table.py --text rtl/report.json
