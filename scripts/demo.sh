#!/bin/bash
# From nothing to a verified core: installs, builds, compiles the jet tagger to Verilog in rtl/, co-simulates 4000 jets and
# prints what came out. With --synth it also counts the resources of an UltraScale+ device with Yosys: several minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh
scripts/build.sh rtlgen
build/rtlgen build configs/jet_tagger/model.yaml -o rtl/ --events 4000
if [[ ${1:-} == --synth ]]; then
  build/rtlgen synth rtl/
fi
