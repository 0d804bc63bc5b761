#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds Emend and starts it. The first start installs what is missing and compiles; later ones take seconds.
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
packaging/run.sh                      build and open the window (without a display: tell the demo in the terminal)
packaging/run.sh --screenshot FILE    render the window into a PNG, no display needed
packaging/run.sh --cli ARGS…          run emend-cli with these arguments
    --no-install                      never install packages (first argument)
    --build-only                      build, start nothing
Other arguments are handed to the window.
END
}

case "${1:-}" in
-h | --help)
    usage
    exit 0
    ;;
--no-install)
    INSTALL=no
    shift
    ;;
esac

require_packages "${RUN_PACKAGES[@]}"
build release emend emend-cli
bin=$ROOT/build/release/bin

case "${1:-}" in
--build-only)
    exit 0
    ;;
--cli)
    shift
    exec "$bin/emend-cli" "$@"
    ;;
--screenshot)
    [ $# -ge 2 ] || {
        usage >&2
        exit 2
    }
    QT_QPA_PLATFORM=offscreen exec "$bin/emend" "$@"
    ;;
esac

if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -z "${QT_QPA_PLATFORM:-}" ]; then
    say "There is no display here (DISPLAY and WAYLAND_DISPLAY are not set): the same job in the terminal instead."
    exec "$bin/emend-cli" demo
fi
exec "$bin/emend" "$@"
