#!/bin/bash
# Builds the shipped models in build/results/ and writes the table of results into README.md. Takes about ten minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh
scripts/build.sh rtlgen
out=build/results
mkdir -p "$out"
build/rtlgen build configs/jet_tagger/model.yaml -o "$out/jet_tagger" --events 4000
build/rtlgen build configs/btag/model.yaml -o "$out/btag"
build/rtlgen build configs/encreg/model.yaml -o "$out/encreg" --no-verify
build/rtlgen synth "$out/jet_tagger"
scripts/results_table.py --readme README.md "$out"/{jet_tagger,btag,encreg}/report.json
