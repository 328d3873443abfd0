#!/bin/bash
# Builds everything and runs all tests. Installs the Debian packages that are missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/apps/set_up.sh"

usage() {
  cat <<'END'
usage: tests/run.sh [--preset release|debug|asan|clang-asan] [-R|-E|-L|-LE PATTERN]
                    [-- CTEST OPTIONS]

Installs the Debian packages that are missing, builds everything, runs the
tests and says how many passed and failed.

  --preset NAME   release (default), debug, asan: the unit tests and the tests
                  of mnist with address and undefined-behaviour sanitizers, or
                  clang-asan: the same by clang, with coverage
  -R PATTERN      only tests whose name matches; -E: not those
  -L PATTERN      only tests with a label that matches; -LE: not those
  -- OPTIONS      for ctest, such as: -- -j 2 --verbose
  --help          this text
END
}

preset=release
targets=(all)
ctest_options=(--parallel 2)
while (($# > 0)); do
  case $1 in
    --help | -h)
      usage
      exit
      ;;
    --preset)
      preset=${2-}
      [[ $preset =~ ^(release|debug|asan|clang-asan)$ ]] ||
        usage_error "--preset: expected release, debug, asan or clang-asan, got '$preset'"
      shift 2
      ;;
    -R | -E | -L | -LE)
      (($# > 1)) || usage_error "$1: expected a pattern"
      ctest_options+=("$1" "$2")
      shift 2
      ;;
    --)
      ctest_options+=("${@:2}")
      break
      ;;
    *) usage_error "unknown argument '$1'; options for ctest follow --" ;;
  esac
done

# gnuplot draws the report of the study, tidy and xmllint read it.
install_packages "${build_packages[@]}" gnuplot-nox tidy libxml2-utils
if [[ $preset == *asan ]]; then
  targets=(unit_tests mnist)
  ctest_options+=(-L 'unit|mnist')
fi
folder=$root/build
[[ $preset == release ]] || folder=$root/build-$preset
start=$SECONDS
say "building ${targets[*]} ($preset)"
build "$preset" "${targets[@]}" || fail "The build failed; no test was run."
say "built in $((SECONDS - start)) s; running the tests"

start=$SECONDS
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
ctest --test-dir "$folder" --output-on-failure --no-tests=error --timeout 600 "${ctest_options[@]}" | tee "$log" ||
  status=$?

# ctest's "90% tests passed, 1 tests failed out of 10" counts those that could not start as failed.
read -r failed total < <(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$log") ||
  fail "ctest ran no test."
echo
say "tests ($preset) took $((SECONDS - start)) s"
echo "$((total - failed)) passed, $failed failed"
exit "$status"
