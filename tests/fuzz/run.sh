#!/bin/bash
# Reads damaged files for a while, under the sanitizers, two kinds at once: from the seeds of each target and the corpus/
# of what earlier runs found. Keeps new inputs in build-clang-asan/fuzz, and findings as build-clang-asan/fuzz/<name>-*.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/apps/set_up.sh"
folder=$root/build-clang-asan/fuzz
export LLVM_PROFILE_FILE=/dev/null  # no coverage

usage() {
  cat <<'END'
usage: tests/fuzz/run.sh [--seconds N] [NAME...]

  --seconds N   for each kind of file; 30 by default
  NAME          such as csv or safetensors; all by default
END
}

# run NAME SECONDS: with at most 64 MiB for one allocation, and 5 s for one file.
run() {
  local program=$root/build-clang-asan/bin/fuzz_$1 corpus=$folder/$1 log=$folder/$1.log options=()
  options=(-max_total_time="$2" -max_len=8192 -timeout=5 -malloc_limit_mb=64 -rss_limit_mb=1024)
  [[ ! -f $root/tests/fuzz/$1.dict ]] || options+=("-dict=$root/tests/fuzz/$1.dict")
  local earlier=$root/tests/fuzz/corpus/$1
  mkdir -p "$corpus"
  [[ -d $earlier ]] || earlier=$corpus  # nothing was found yet
  SEEDS=$folder/seeds/$1 "$program"
  # What a target writes needs no disk.
  if ! TMPDIR=/dev/shm "$program" "${options[@]}" -print_final_stats=1 -artifact_prefix="$corpus-" \
    "$corpus" "$folder/seeds/$1" "$earlier" >"$log" 2>&1; then
    grep -vE '^#[0-9]|NEW_FUNC' "$log" | tail -n 60
    say "finding in $1: $(ls -t "$corpus"-* | head -n 1)"
    return 1
  fi
  sed -nE "s/^stat::number_of_executed_units: *([0-9]+)/$1: \1 executions/p" "$log"
}

seconds=30
names=()
while (($# > 0)); do
  case $1 in
    --help | -h) usage && exit ;;
    --seconds)
      [[ ${2-} =~ ^[0-9]+$ ]] || usage_error "--seconds: expected a number, got '${2-}'"
      seconds=$2
      shift 2
      ;;
    -*) usage_error "unknown option '$1'" ;;
    *)
      [[ -f $root/tests/fuzz/$1_fuzz.cpp ]] || usage_error "unknown kind of file '$1'"
      names+=("$1")
      shift
      ;;
  esac
done
((${#names[@]} > 0)) || mapfile -t names < <(cd "$root/tests/fuzz" && ls *_fuzz.cpp | sed 's/_fuzz\.cpp//')

install_packages "${build_packages[@]}" clang libomp-dev
build clang-asan "${names[@]/#/fuzz_}" || fail "The build failed."
export -f run say
export root folder
printf '%s\n' "${names[@]}" | xargs -P 2 -I NAME bash -euc "run NAME $seconds"
