#!/bin/bash
# Measures compile times.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/apps/set_up.sh"

usage() {
  cat <<'END'
usage: apps/bench/compile.sh

Installs missing Debian packages and prints the compile time ($CXX or c++ with
-O2, no linking, best of three) of a program that trains on MNIST, and of an
empty program with all of gradus. For comparison: an empty program with
<vector> and <string>.

  --help         print this text
END
}

while (($# > 0)); do
  case $1 in
    --help | -h)
      usage
      exit
      ;;
    *) usage_error "unknown argument '$1'" ;;
  esac
done

install_packages "${build_packages[@]}"
compiler=${CXX:-c++}
command -v "$compiler" >/dev/null || fail "expected a compiler, got '$compiler'; set CXX"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Only the headers are needed, not the library.
headers=$root/build/include
if [[ ! -e $headers/gradus/gradus.h ]]; then
  say "configuring"
  cmake -S "$root" -B "$scratch/build" -G Ninja --log-level=WARNING >/dev/null || fail "CMake failed."
  headers=$scratch/build/include
fi

# best_of_three SOURCE: prints the wall time in seconds.
best_of_three() {
  local begin now best=
  for _ in 1 2 3; do
    begin=${EPOCHREALTIME/[.,]/}  # in microseconds; the decimal mark depends on the locale
    "$compiler" -std=c++20 -O2 -I "$headers" -c "$1" -o "$scratch/object.o" || return
    now=${EPOCHREALTIME/[.,]/}
    if [[ -z $best ]] || ((now - begin < best)); then best=$((now - begin)); fi
  done
  printf '%d.%02d' $((best / 1000000)) $((best % 1000000 / 10000))
}

# row TEXT SOURCE
row() {
  local seconds
  seconds=$(best_of_three "$2") || fail "compilation failed: $1"
  printf '%-44s%8s s\n' "$1" "$seconds"
}

printf '#include <vector>\n#include <string>\nint main() {}\n' >"$scratch/standard.cpp"
printf '#include <gradus/gradus.h>\nint main() {}\n' >"$scratch/header.cpp"

"$compiler" --version | head -n 1
row "int main() {} with <vector> and <string>" "$scratch/standard.cpp"
row "int main() {} with <gradus/gradus.h>" "$scratch/header.cpp"
row "a program that trains on MNIST" "$root/tests/acceptance/01_train_mnist.cpp"
