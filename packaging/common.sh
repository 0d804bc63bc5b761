# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Shared by run.sh and test.sh: what Emend needs from Debian, and how it is built. Sourced, not run.
# Everything here talks on standard error, so that `run.sh --cli … --json` prints JSON alone.

# shellcheck disable=SC2034  # used by the scripts that source this file
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
INSTALL=yes

# "why: packages"
RUN_PACKAGES=(
    "to compile: g++ cmake ninja-build ccache pkg-config"
    "the engine - LibTorch and fast matrices: libtorch-dev libopenblas0-openmp"
    "files, texts, the command line: nlohmann-json3-dev libcli11-dev libspdlog-dev libpcre2-dev libutf8proc-dev libdtl-dev libxxhash-dev libsqlitecpp-dev libsqlite3-dev libzip-dev libzstd-dev libssl-dev"
    "pictures in files: libcairo2-dev"
    "the window: qt6-base-dev qt6-base-dev-tools qt6-svg-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools libqcustomplot-dev libgl1-mesa-dev fonts-dejavu-core"
)
TEST_PACKAGES=(
    "to measure: libbenchmark-dev"
    "to test the window without a screen: xvfb xauth"
    "to test what a desktop is told: desktop-file-utils shared-mime-info libxml2-utils"
    "to check exports by another program's sums: python3 python3-numpy"
)

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# require_packages "why: packages"… - installs what is missing, saying what and why.
require_packages() {
    local entry package missing=() report=()
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        [ "$INSTALL" = no ] && return 0
        say "This system has no apt. Emend needs these Debian packages, or what they are called here:"
        for entry in "$@"; do say "  ${entry#*: }    (${entry%%: *})"; done
        die "Install them and start again with --no-install."
    fi
    for entry in "$@"; do
        local lacking=()
        for package in ${entry#*: }; do is_installed "$package" || lacking+=("$package"); done
        if [ ${#lacking[@]} -gt 0 ]; then
            missing+=("${lacking[@]}")
            report+=("  ${lacking[*]}    (${entry%%: *})")
        fi
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$INSTALL" = no ]; then
        say "Not installed, going on without:"
        printf '%s\n' "${report[@]}" >&2
        return 0
    fi
    say "Installing from your distribution's packages:"
    printf '%s\n' "${report[@]}" >&2
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "As root, run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 ||
        say "The package lists could not be renewed; trying with those at hand."
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >&2 || die "The packages could not be installed: see above."
}

# One compiler per core, but two gigabytes of memory for each.
build_jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/MemAvailable/ {print int($2 / 2000000)}' /proc/meminfo)
    [ "${memory:-1}" -lt 1 ] && memory=1
    echo $((cores < memory ? cores : memory))
}

# build PRESET [TARGET…] - in a shell of its own: the caller's folder stays the caller's.
build() (
    local preset=$1
    shift
    cd "$ROOT" || exit 1
    if [ ! -f "build/$preset/build.ninja" ]; then
        say "Configuring build/$preset"
        local log
        log=$(mktemp)
        cmake --preset "$preset" >"$log" 2>&1 || {
            cat "$log" >&2
            rm -f "$log"
            die "The build could not be configured: see above."
        }
        rm -f "$log"
        [ "$preset" = release ] && say "Building; the first time takes some minutes."
    fi
    cmake --build --preset "$preset" --parallel "$(build_jobs)" ${1:+--target "$@"} >&2 ||
        die "The build failed: see above."
)
