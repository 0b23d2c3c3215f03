#!/usr/bin/env bash
# Everything that is measured on a GPU, in one call, on a machine with neither network nor Rust: smoke test, comparison with the CPU, training
# throughput of ResNet-50 beside PyTorch's, memory, slowest kernels, and what autotune costs. Results: OUT/gpu.json and OUT/gpu.txt.
#
#     cargo build --release --features cuda --example devices --example bench_step     # on a machine with Rust; then copy the repository
#     benches/gpu.sh --out /tmp/gpu
#     benches/gpu.sh --out /tmp/cpu --device cpu --batches 4 --size 64 --steps 2        # the same path without a GPU
set -uo pipefail
cd "$(dirname "$0")/.."

bin=target/release/examples out=gpu-results device=cuda:0 python=python3 batches=64,128,256 size=224 steps=20 limit=540
while [ $# -gt 0 ]; do
  case $1 in
    --bin) bin=$2 ;; --out) out=$2 ;; --device) device=$2 ;; --python) python=$2 ;;
    --batches) batches=$2 ;; --size) size=$2 ;; --steps) steps=$2 ;; --limit) limit=$2 ;;
    *) echo "unknown option $1: --bin DIR --out DIR --device DEVICE --python PROGRAM --batches N,N --size PIXELS --steps N --limit SECONDS" >&2; exit 2 ;;
  esac
  [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
  shift 2
done
for program in devices bench_step; do
  [ -x "$bin/$program" ] || { echo "$bin/$program is missing: build it, or name its folder with --bin" >&2; exit 2; }
done
mkdir -p "$out"; out=$(realpath "$out"); bin=$(realpath "$bin"); peer=$PWD/benches/peers
rm -f "$out"/*.jsonl "$out"/*.err "$out/parts.tsv"

# Autotune's choices and the profile go to the results, so that the first pass really is cold.
cat >"$out/cubecl.toml" <<END
[environment]
path = { directory = "$out/autotune" }
END
rm -rf "$out/autotune" "$out"/profile-*
for kind in f32 bf16; do
  mkdir -p "$out/profile-$kind"
  cat "$out/cubecl.toml" - >"$out/profile-$kind/cubecl.toml" <<END
[profiling.logger]
level = "basic"
file = "$out/profile-$kind/kernels.log"
END
done

# NVRTC, its headers and NCCL as PyTorch's packages bring them, where no toolkit is installed.
nvidia=$("$python" -c 'import nvidia; print(list(nvidia.__path__)[0])' 2>/dev/null || true)
if [ -n "$nvidia" ]; then
  for lib in "$nvidia"/*/lib; do [ -d "$lib" ] && LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$lib; done
  export LD_LIBRARY_PATH
  for headers in "$nvidia"/*/include/cuda_fp16.h; do
    [ -e "$headers" ] && export CUDA_PATH=${CUDA_PATH:-${headers%/include/cuda_fp16.h}}
  done
fi

export RUST_BACKTRACE=0
started=$SECONDS
# part NAME SECONDS FOLDER COMMAND…: what it prints goes to NAME.jsonl; it ends at its limit or when the time of the whole is up.
part() {
  local name=$1 most=$2 folder=$3 left=$((limit - SECONDS + started)) begun=$SECONDS status=skipped
  shift 3
  [ "$most" -lt "$left" ] || most=$left
  if [ "$most" -gt 0 ]; then
    (cd "$folder" && exec timeout -k 5 "$most" "$@") >"$out/$name.jsonl" 2>"$out/$name.err"
    status=$?
  fi
  printf '%s\t%s\t%s\t%s\n' "$name" "$status" $((SECONDS - begun)) "$*" >>"$out/parts.tsv"
  echo "$name: status $status, $((SECONDS - begun)) s" >&2
}
ours() { local name=$1 most=$2; shift 2; part "$name" "$most" "$out" "$bin/bench_step" --device "$device" --image-size "$size" --steps "$steps" --pipelined "$@"; }
theirs() { local name=$1 most=$2; shift 2; part "$name" "$most" "$out" "$python" "$peer/pytorch_gpu_step.py" --device "$device" --size "$size" --steps "$steps" "$@"; }

small=${batches%%,*} spaced=${batches//,/ }
part machine 20 "$out" "$python" "$peer/gpu_report.py" --machine
part smoke 60 "$out" "$bin/devices" --device "$device" --json
ours resnet-f32-cold 150 --batch-size "$small" --warmup 3
ours resnet-f32-warm 60 --batch-size "$small" --warmup 3
theirs pytorch-tf32 60 --precision tf32 --channels-last --batch $spaced
theirs pytorch-bf16 60 --precision bf16 --channels-last --batch $spaced
ours resnet-bf16 120 --batch-size "$batches" --warmup 3 --set train.precision=bf16
ours resnet-f32 120 --batch-size "$batches" --warmup 3
theirs pytorch-f32 60 --precision f32 --channels-last --batch $spaced
theirs pytorch-bf16-compiled 120 --precision bf16 --channels-last --compile --batch $spaced
part check-small 150 "$out" "$bin/devices" --device "$device" --check --json --trials 18:64:8,50:64:8 --timeout 70
part resnet-profile-f32 60 "$out/profile-f32" "$bin/bench_step" --device "$device" --image-size "$size" --steps 1 --warmup 3 --batch-size "$small"
theirs pytorch-profile 60 --precision tf32 --channels-last --profile --batch "$small"
part resnet-profile-bf16 60 "$out/profile-bf16" "$bin/bench_step" --device "$device" --image-size "$size" --steps 1 --warmup 3 --batch-size "$small" --set train.precision=bf16
part check-large 150 "$out" "$bin/devices" --device "$device" --check --json --trials 50:224:4 --without-convolutions --timeout 70
theirs pytorch-tf32-compiled 120 --precision tf32 --channels-last --compile --batch $spaced
"$python" "$peer/gpu_report.py" "$out"
