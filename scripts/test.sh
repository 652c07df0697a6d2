#!/bin/bash
# Builds rtlgen, runs all tests, and co-simulates a shipped model through the command line. With arguments: only tests;
# they go to ctest: scripts/test.sh -R cosim
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh
scripts/build.sh
# In order of cost as tests/CMakeLists.txt has it: the fast tests first.
ctest --test-dir build --no-tests=error --output-on-failure --parallel "$(nproc)" "$@" </dev/null
(($# == 0)) || exit 0

# What a user does, from the description to the report; adder graphs are kept among the tests.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
RTLGEN_CACHE=build/adder_graphs build/rtlgen build configs/jet_tagger/model.yaml -o "$folder/rtl" --events 50
for count in '"mismatches": 0' '"latency_errors": 0' '"protocol_errors": 0' '"events": 50'; do
  if ! grep -q "$count[,[:space:]]*$" "$folder/rtl/report.json"; then
    echo "test: report.json of the jet tagger does not say $count" >&2
    exit 1
  fi
done
