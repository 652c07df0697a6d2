#!/bin/bash
# Builds rtlgen and runs all tests. Arguments go to ctest: scripts/test.sh -R cosim
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh
scripts/build.sh
# In order of cost as tests/CMakeLists.txt has it: the fast tests first.
ctest --test-dir build --no-tests=error --output-on-failure --parallel "$(nproc)" "$@" </dev/null
