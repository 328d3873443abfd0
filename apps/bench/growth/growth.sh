#!/bin/bash
# Measures how the time of a training step grows with the network, for gradus and libtorch, and plots docs/growth.svg.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
. "$root/apps/set_up.sh"

usage() {
  cat <<'END'
usage: apps/bench/growth/growth.sh [--rounds N] [--out DIR]

Measures training steps of gradus and libtorch alternately, with batches of 1
to 4,096 samples, widths of 32 to 4,096 and 1 to 100 hidden layers, with one
thread and with all. Writes the best time of all rounds to growth.csv and plots
growth.svg. Installs missing Debian packages, including libtorch. Takes about
3 minutes per round.

  --rounds N   default: 2
  --out DIR    default: docs/ beside README.md
  --help       print this text
END
}

rounds=2
out=$root/docs
while (($# > 0)); do
  case $1 in
    --help | -h)
      usage
      exit
      ;;
    --rounds)
      [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage_error "--rounds: expected a whole number above 0, got '${2-}'"
      rounds=$2
      shift 2
      ;;
    --out)
      [[ -d ${2-} ]] || usage_error "--out: expected a folder, got '${2-}'"
      out=$2
      shift 2
      ;;
    *) usage_error "unknown argument '$1'" ;;
  esac
done

install_packages "${build_packages[@]}" libtorch-dev gnuplot-nox
build release bench
torch=$root/build/growth
cmake -S "$root/apps/bench/growth" -B "$torch" -G Ninja >/dev/null
cmake --build "$torch" >/dev/null

# The fastest settings for libtorch: glibc keeps memory instead of returning it after every step, and OpenBLAS is the
# OpenMP flavour of Debian, which shares the threads of libtorch.
openblas=$(echo /usr/lib/*/openblas-openmp)
libtorch() {
  env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8589934592 \
    MALLOC_TOP_PAD_=67108864 LD_LIBRARY_PATH="$openblas" "$torch/torch_mlp" "$@"
}
# Takes the arguments of `libtorch`.
gradus() {
  env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE "$root/build/bin/bench" mlp --batch "$1" --inputs "$2" --hidden "$3" \
    --activation "$4" --norm "$5" --optimizer "$6" --threads "$7" --steps "$8" --dropout 0 --json |
    sed -E 's/.*"median_ms":([0-9.e-]+).*/\1/'
}

# repeated N TEXT: TEXT,TEXT,...
repeated() { printf "%0.s,$2" $(seq "$1") | cut -c2-; }

threads=$(nproc)
counts=(1)
if ((threads > 1)); then counts+=("$threads"); fi
smaller() { awk -v a="$1" -v b="$2" 'BEGIN { print (a == "" || b + 0 < a + 0) ? b : a }'; }

# measure PANEL X BATCH INPUTS HIDDEN ACTIVATION NORM OPTIMIZER: adds a line to the table. About 0.3 s per measurement.
measure() {
  local panel=$1 x=$2 ours='' theirs='' steps round count time
  shift 2
  steps=$(awk -v batch="$1" -v inputs="$2" -v hidden="$3" 'BEGIN {
    n = split(hidden, width, ",")
    for (i = 1; i <= n; ++i) { products += inputs * width[i]; inputs = width[i] }
    seconds = 6 * batch * products / 1e11 + 2e-5 * n
    steps = int(0.3 / seconds)
    print (steps < 10 ? 10 : steps > 2000 ? 2000 : steps) }')
  for ((round = 0; round < rounds; ++round)); do
    for count in "${counts[@]}"; do
      time=$(gradus "$@" "$count" "$steps")
      ours=$(smaller "$ours" "$time")
      time=$(libtorch "$@" "$count" "$steps")
      theirs=$(smaller "$theirs" "$time")
    done
  done
  echo "$panel,$x,$ours,$theirs" | tee -a "$table"
}

# The old table is replaced only when the new one is complete.
table=$(mktemp)
trap 'rm -f "$table"' EXIT
echo "panel,x,gradus,libtorch" | tee "$table"
for batch in 1 2 4 8 16 32 64 128 256 512 1024 2048 4096; do
  measure batch "$batch" "$batch" 784 256,128 relu none adam
done
for width in 32 64 128 256 512 1024 2048 4096; do
  measure width "$width" 64 784 "$width,$width" relu none sgd
done
for depth in 1 2 3 5 7 10 20 30 50 70 100; do
  measure depth "$depth" 32 32 "$(repeated "$depth" 64)" tanh batch sgd
done
cp "$table" "$out/growth.csv.new"
mv "$out/growth.csv.new" "$out/growth.csv"
gnuplot -e "table='$out/growth.csv'; picture='$out/growth.svg'" "$root/apps/bench/growth/growth.gp"
say "wrote $(realpath --relative-to=. "$out")/growth.csv and growth.svg"
