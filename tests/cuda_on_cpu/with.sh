#!/usr/bin/env bash
# Runs a program that was built with `--features cuda-nvrtc` where there is no GPU: CUDA's driver, NVRTC and NCCL are those of this folder. Kernels
# are compiled once and kept. The program runs in a folder of its own: name files by their whole paths.
#
#     tests/cuda_on_cpu/with.sh target/release/examples/devices
#     CUDA_ON_CPU_DEVICES=2 tests/cuda_on_cpu/with.sh target/release/examples/train_imagenet --device cuda --num-gpus all --model-dir /tmp/run
#
# CUDA_ON_CPU_WITHOUT    libraries that are not there: cuda, nvrtc or nccl, or several with spaces between
# CUDA_ON_CPU_CACHE      where compiled kernels and autotune's choices are kept
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

own=/tmp/cuda-on-cpu-$(cat "$here"/*.{cpp,hpp} "$here"/include/* | sha256sum | cut -c1-12)
export CUDA_ON_CPU_HEADERS=$here CUDA_ON_CPU_CACHE=${CUDA_ON_CPU_CACHE:-$own}
mkdir -p "$own" "$CUDA_ON_CPU_CACHE"
if [ ! -e "$own/driver.so" ]; then
  g++ -std=c++17 -O2 -shared -fPIC -fvisibility=hidden -Wall -Wextra -o "$work/driver.so" "$here"/*.cpp -ldl
  mv "$work/driver.so" "$own/driver.so"
fi
for name in cuda nvrtc nccl; do
  case " ${CUDA_ON_CPU_WITHOUT:-} " in *" $name "*) ;; *) ln -s "$own/driver.so" "$work/lib$name.so" ;; esac
done
# Which candidate of autotune is the fastest here says nothing about a GPU: each is tried once.
cat >"$work/cubecl.toml" <<END_OF_CONFIGURATION
[environment]
path = { directory = "$CUDA_ON_CPU_CACHE/autotune" }
[autotune]
level = "minimal"
[autotune.bench]
min_samples = 1
max_samples = 1
END_OF_CONFIGURATION
cd "$work"
LD_LIBRARY_PATH=$work${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} CUDA_PATH=${CUDA_PATH-$here} "$program" "$@"
