#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds everything with warnings as errors and runs every test; then the parts without LibTorch once more under
# AddressSanitizer and UndefinedBehaviorSanitizer.
set -euo pipefail
# shellcheck source=packaging/common.sh
. "$(dirname "$0")/common.sh"

sanitize=yes
for argument in "$@"; do
    case "$argument" in
    --fast) sanitize=no ;;
    --no-install) INSTALL=no ;;
    *)
        echo "packaging/test.sh [--fast] [--no-install]"
        echo "    --fast          without the sanitizers"
        echo "    --no-install    never install packages"
        [ "$argument" = --help ] || [ "$argument" = -h ] && exit 0
        exit 2
        ;;
    esac
done

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0

# test_preset PRESET - the exit code is kept until the end, so that one failure does not hide another. One test more than
# there are cores: those of the window often wait.
test_preset() {
    say "Testing build/$1"
    ctest --preset "$1" --parallel "$(($(nproc) + 1))" --no-tests=error 2>&1 | tee "$logs/$1" || status=1
}

require_packages "${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
cd "$ROOT"
build ci
test_preset ci
if [ "$sanitize" = yes ]; then
    build asan
    test_preset asan
fi

echo
for log in "$logs"/*; do
    echo "$(basename "$log"): $(grep -E 'tests passed' "$log" || echo 'no test was run')"
    sed -n '/The following tests FAILED/,$p' "$log"
done
exit $status
