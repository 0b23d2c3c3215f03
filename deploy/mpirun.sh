#!/bin/bash
# mpirun where jobs are ended by SIGTERM, as in Kubernetes: Open MPI would kill its ranks one second after it. It passes SIGUSR1 on instead, and
# the run saves and ends with code 75.
#
#     deploy/mpirun.sh -np 16 train_imagenet --data-dir /data/imagenet --model-dir /runs/resnet50
set -u

mpirun "$@" &
launcher=$!
trap 'kill -USR1 "$launcher"' TERM
# A signal ends `wait`, and not what it waits for.
while wait "$launcher"; status=$?; kill -0 "$launcher" 2>/dev/null; do :; done
exit "$status"
