#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# smoke.sh EMEND PLATFORM: the real program with the real engine on a platform plugin. LibTorch may bring another Qt
# along; if the two got into each other's way, it would show here.
emend=$1
platform=$2
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
command="$emend --screenshot $out/window.png --size 1280x800 --applied"
case $platform in
xcb)
    command -v xvfb-run >/dev/null || { echo "SKIP: no xvfb-run"; exit 77; }
    QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1600x1000x24" $command || exit 1
    ;;
*)
    QT_QPA_PLATFORM=$platform $command || exit 1
    ;;
esac
# A PNG of a window that was painted: more than a flat colour compresses to.
size=$(wc -c <"$out/window.png")
[ "$size" -gt 20000 ] || { echo "the picture is only $size bytes"; exit 1; }
[ "$(head -c 4 "$out/window.png" | tail -c 3)" = "PNG" ] || { echo "not a PNG"; exit 1; }
# A faulty call says so and leaves no file.
if QT_QPA_PLATFORM=offscreen $emend --theme pink >/dev/null 2>&1; then
    echo "a wrong option was accepted"
    exit 1
fi
# A session that cannot be opened ends it, with words and without a picture.
echo "no session" >"$out/no.emend"
if said=$(QT_QPA_PLATFORM=offscreen timeout 60 $emend --screenshot "$out/no.png" "$out/no.emend" 2>&1) || [ -e "$out/no.png" ]; then
    echo "a picture of no session was made"
    exit 1
fi
echo "$said" | grep -q "not a session" || { echo "of no session it is said: $said"; exit 1; }
# Told to end, it closes its session as a closed window does: one file, without a lock or a log beside it.
mkdir "$out/told"
"$(dirname "$emend")/emend-cli" edit demo --subject "Big Ben" --prompt "{} is located in the city of" --object Rome \
    --no-statistics --session "$out/told/work.emend" --quiet >"$out/said" 2>&1 || { cat "$out/said"; exit 1; }
HOME=$out XDG_CONFIG_HOME=$out XDG_DATA_HOME=$out QT_QPA_PLATFORM=offscreen $emend "$out/told/work.emend" >"$out/said" 2>&1 &
window=$!
tries=0
until [ -e "$out/told/work.emend-lock" ]; do
    tries=$((tries + 1))
    { [ $tries -lt 600 ] && kill -0 $window; } || { echo "the session was not opened"; cat "$out/said"; exit 1; }
    sleep 0.1
done
kill -TERM $window
wait $window || { echo "told to end, it ended with $?"; cat "$out/said"; exit 1; }
[ "$(ls "$out/told")" = work.emend ] || { echo "left behind:"; ls "$out/told"; exit 1; }
# Without a display the help is there, and a window that cannot be shown is an error in words.
alone="env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM $emend"
$alone --help 2>/dev/null | grep -q -- --screenshot || { echo "no help without a display"; exit 1; }
said=$($alone 2>&1)
[ $? -eq 1 ] && echo "$said" | grep -q "no display" || { echo "without a display: $said"; exit 1; }
echo "ok: $size bytes"
