#!/usr/bin/env bash
# What compiling train_imagenet costs with each set of features: cold, in an empty target folder; again after a change to the training engine's
# source; and the size of the stripped program. A JSON line for each set. Crates must be in cargo's cache (`cargo fetch`): nothing is downloaded.
#
#     benches/build_times.sh FOLDER '' wgpu cuda >benches/results/build-….jsonl
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?"give a folder for the targets, and sets of features, '' for the default"}; shift
TIMEFORMAT='%R %U %S'

build() { { time cargo build --offline -q --release --example train_imagenet --features "$1" --target-dir "$2" 2>"$2.log"; } 2>&1; }
seconds() { awk "BEGIN { print $1 + $2 }"; }

for features; do
  target=$folder/${features:-default}
  rm -rf "$target"
  read -r cold_wall cold_user cold_system < <(build "$features" "$target")
  touch crates/train/src/lib.rs
  read -r warm_wall warm_user warm_system < <(build "$features" "$target")
  program=$target/release/examples/train_imagenet
  bytes=$(stat -c %s "$program")
  strip -o "$target/stripped" "$program"
  printf '{"features": "flex%s", "cold": {"wall_seconds": %s, "cpu_seconds": %s}, "after_a_change": {"wall_seconds": %s, "cpu_seconds": %s}, "binary_bytes": %s, "stripped_bytes": %s}\n' \
    "${features:+,$features}" "$cold_wall" "$(seconds "$cold_user" "$cold_system")" "$warm_wall" "$(seconds "$warm_user" "$warm_system")" \
    "$bytes" "$(stat -c %s "$target/stripped")"
done
