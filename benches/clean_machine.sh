#!/usr/bin/env bash
# Both commands of the README on a machine that has nothing but the README's prerequisites.
#
# Makes a fresh Debian root with debootstrap, puts the prerequisites there, clones this repository at its commit and runs
# the two commands as the README has them, with nothing compiled before. Prints one JSON object with the seconds of each.
# It needs root, debootstrap, 15 GB of disk, and the network (Debian's mirror and crates.io).
#
#   benches/clean_machine.sh [--root DIR] [--suite bookworm] [--mirror URL] > result.json
#
# Rust is this machine's toolchain, mounted: what rustup would install.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
root='' suite=bookworm mirror=http://deb.debian.org/debian
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=$2 ;;
    --suite) suite=$2 ;;
    --mirror) mirror=$2 ;;
    *) echo "unknown flag $1: see the head of $0" >&2; exit 2 ;;
  esac
  shift 2
done
[ "$(id -u)" = 0 ] || { echo "debootstrap and chroot need root" >&2; exit 1; }
command -v debootstrap > /dev/null || { echo "debootstrap is missing: apt install debootstrap" >&2; exit 1; }
root=${root:-$(mktemp -d)}
say() { printf '== %s (%s)\n' "$1" "$(date +%T)" >&2; }

say "a fresh Debian in $root"
# `gcc` and `libc6-dev` are the README's "C compiler"; git brings the clone, ca-certificates let cargo reach crates.io.
debootstrap --variant=minbase --include=gcc,libc6-dev,git,ca-certificates "$suite" "$root" "$mirror" >&2

sysroot=$(rustc --print sysroot)
mkdir -p "$root/opt/rust" "$root/source" "$root/home"
trap 'umount -R "$root/opt/rust" "$root/source" "$root/proc" "$root/dev" 2> /dev/null || true' EXIT
mount --bind -o ro "$sysroot" "$root/opt/rust"
mount --bind -o ro "$repository" "$root/source"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev" && mount --make-rslave "$root/dev"
# How this machine reaches the network is not the README's affair: names and certificates of an inner network come along.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -L "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$root/etc/ssl/certs/ca-certificates.crt"

inside() {
  chroot "$root" /usr/bin/env -i HOME=/home PATH=/opt/rust/bin:/usr/bin:/bin LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt bash -c "$1"
}
say "a clone"
inside 'git config --global --add safe.directory "*" && git clone -q /source /home/resnet' >&2
readme_command() { grep -m1 "^cargo $1" "$repository/README.md"; }

# Seconds by the clock, and of the processor: `seconds` and `cpu_seconds`.
timed() {
  say "$1"
  local TIMEFORMAT='%0R %0U %0S' rc=0 user system
  { time inside "cd /home/resnet && $1" > "$root/home/output.txt" 2>&1; } 2> "$root/home/seconds.txt" || rc=$?
  [ $rc = 0 ] || { tail -50 "$root/home/output.txt" >&2; exit 1; }
  read -r seconds user system < "$root/home/seconds.txt"
  cpu_seconds=$((user + system))
}
train=$(readme_command run) test=$(readme_command test)
timed "$train"
train_s=$seconds train_cpu_s=$cpu_seconds best=$(grep -oP 'best validation +top-1 \K[0-9.]+' "$root/home/output.txt")
stripped=$(inside 'strip -o /home/stripped /home/resnet/target/release/examples/train_imagenet && stat -c %s /home/stripped')
timed "$test"
test_s=$seconds test_cpu_s=$cpu_seconds
passed=$(grep -oP '^test result: ok\. \K[0-9]+' "$root/home/output.txt" | awk '{ n += $1 } END { print n }')
timed "touch crates/train/src/lib.rs && cargo build --release --example train_imagenet"
say "done"
cat << JSON
{"machine": "$(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores", "date": "$(date +%F)", "commit": "$(git -C "$repository" rev-parse --short HEAD)",
 "command": "benches/clean_machine.sh", "system": "Debian $suite, minbase, gcc, libc6-dev, git, ca-certificates", "rust": "$(rustc --version)",
 "first": {"command": "$train", "seconds_with_compiling": $train_s, "cpu_seconds": $train_cpu_s, "best_top1_percent": $best, "program_bytes_stripped": $stripped},
 "second": {"command": "$test", "seconds_with_compiling": $test_s, "cpu_seconds": $test_cpu_s, "tests_passed": $passed},
 "warm": {"changed": "crates/train/src/lib.rs", "command": "cargo build --release --example train_imagenet", "seconds": $seconds, "cpu_seconds": $cpu_seconds}}
JSON
