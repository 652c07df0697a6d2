#!/bin/bash
# Installs the Debian 12 packages that building, testing and running rtlgen need.
# Does nothing, and needs neither network nor rights, where they are all there.
set -euo pipefail

packages=(
  # build
  g++ make cmake ninja-build ccache pkg-config
  # libraries of rtlgen and of its tests
  libboost-graph-dev libeigen3-dev libyaml-cpp-dev libspdlog-dev libfmt-dev
  libcli11-dev nlohmann-json3-dev libzip-dev catch2
  # models of other frameworks
  libonnx-dev libprotobuf-dev protobuf-compiler libhdf5-dev
  # called by rtlgen build and rtlgen synth, and by the tests
  verilator libsystemc-dev yosys iverilog
  # tables of results, and the models that tests of the import make
  python3 python3-numpy python3-onnx python3-h5py
)

# Unknown packages are complained of, on lines that match nothing.
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>&1 || true)
missing=()
for package in "${packages[@]}"; do
  grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  if [[ -z $(type -P sudo) ]]; then
    echo "install_dependencies: neither root nor sudo; missing: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

# sudo clears the environment, so the variable is set behind it.
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null
}

echo "install_dependencies: installing ${missing[*]}"
apt update || { sleep 5 && apt update; }
apt install -y --no-install-recommends "${missing[@]}"
