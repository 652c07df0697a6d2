#!/bin/bash
# Checks layout (clang-format) and style (clang-tidy) of the C++ sources; both are extra packages of Debian 12.
# With files as arguments: only those.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for tool in clang-format clang-tidy; do
  if [[ -z $(type -P "$tool") ]]; then
    echo "lint: there is no $tool (apt-get install $tool)" >&2
    exit 1
  fi
done
# Of a configuration without precompiled headers: clang cannot read GCC's.
# shellcheck disable=SC2034
configured=$(cmake --preset release -B build-lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON)

if (($# > 0)); then
  files=("$@")
else
  files=({ir,ir/numerics,primitives,primitives/cmvm,rtlgen/*,sim,tests}/*.{hpp,cpp} tests/*/*.cpp)
fi
status=0
existing=()
tidy=()
for file in "${files[@]}"; do
  [[ -f $file ]] || continue
  existing+=("$file")
  # Headers are looked at through the sources; the testbench is compiled with each core, not here.
  [[ $file == *.cpp && $file != sim/* ]] && tidy+=("$file")
done
clang-format --dry-run -Werror "${existing[@]}" || status=1
# How much it found in other people's headers is of no interest.
((${#tidy[@]} == 0)) || clang-tidy -p build-lint --quiet --warnings-as-errors='*' "${tidy[@]}" 2>&1 |
  sed -E '/^[0-9]+ warnings? (and [0-9]+ errors? )?generated\.$/d' || status=1
exit "$status"
