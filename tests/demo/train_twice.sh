#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same seed gives the same files, byte for byte; another seed gives others. train_twice.sh TRAINER
set -euo pipefail
trainer=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
train() { OMP_NUM_THREADS=1 "$trainer" train --out "$place/$1" --seed "$2" --width 64 --layers 2 --stop-after 6 >"$place/$1.log" 2>&1; }
train first 7
train again 7
train other 8
for file in model.safetensors tokenizer.json corpus.txt facts.csv; do
    cmp "$place/first/$file" "$place/again/$file"
done
if cmp -s "$place/first/model.safetensors" "$place/other/model.safetensors"; then
    echo "another seed gave the same model"
    exit 1
fi
