# Functions that set up a fresh machine, sourced by the other scripts. These define `root`, the folder of the repository.

# Debian packages to build the library, its programs and its tests.
build_packages=(cmake ninja-build g++ libopenblas-openmp-dev libfmt-dev zlib1g-dev nlohmann-json3-dev libcli11-dev
  doctest-dev)

say() { printf 'gradus: %s\n' "$@"; }

fail() {
  say "$@" >&2
  exit 1
}

# usage_error TEXT: reports a wrong argument and exits. The script defines `usage`.
usage_error() {
  {
    say "$1"
    usage
  } >&2
  exit 2
}

# install_packages NAME...: installs those of the Debian packages that are missing.
install_packages() {
  local installed name log missing=() as_root=()
  if ! command -v dpkg-query >/dev/null; then
    say "This is not Debian. Make sure that the equivalents of these packages are installed:" "  $*"
    return
  fi
  installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for name; do
    [[ $'\n'$installed$'\n' == *$'\n'"installed $name"$'\n'* ]] || missing+=("$name")
  done
  ((${#missing[@]} > 0)) || return 0

  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "Debian packages are missing, and there is no sudo to install them." "Run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing Debian packages${as_root:+ with sudo}:" "${missing[@]/#/  }"
  log=$(mktemp)
  # The package lists of a fresh machine are empty. A failed update is not an error: older lists may do.
  "${as_root[@]}" apt-get update -o Acquire::Retries=0 -o Acquire::http::Timeout=15 >"$log" 2>&1 || true
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=120 "${missing[@]}" >>"$log" 2>&1; then
    tail -n 10 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install the packages (no network?):" "  apt-get install ${missing[*]}"
  fi
  rm -f "$log"
}

# build PRESET TARGET...: configures and builds. Prints warnings and errors, and on a terminal the progress.
build() {
  local folder=$root/build output
  [[ $1 == release ]] || folder=$root/build-$1
  cmake -S "$root" --preset "$1" --log-level=WARNING >/dev/null || return
  if [[ -t 1 ]]; then
    cmake --build "$folder" --target "${@:2}"
  else
    output=$(cmake --build "$folder" --target "${@:2}" 2>&1) || {
      grep -v '^\[' <<<"$output"
      return 1
    }
  fi
}
