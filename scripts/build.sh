#!/bin/bash
# Configures and builds rtlgen and its tests in build/; with arguments: only these targets.
# BUILD_JOBS: compilers side by side (default: one a processor).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A build folder of another place or generator cannot be used: begin anew.
cached() { sed -n "s|^$1:[A-Z]*=||p" build/CMakeCache.txt; }
fresh=()
if [[ -f build/CMakeCache.txt ]] &&
  [[ $(cached CMAKE_HOME_DIRECTORY) != "$PWD" || $(cached CMAKE_GENERATOR) != Ninja ]]; then
  fresh=(--fresh)
fi

# What cmake says of a configuration that works is of no interest; errors and warnings come through.
# shellcheck disable=SC2034
configured=$(cmake --preset release "${fresh[@]}")
targets=()
if (($# > 0)); then
  targets=(--target "$@")
fi
cmake --build build --parallel "${BUILD_JOBS:-$(nproc)}" "${targets[@]}"
