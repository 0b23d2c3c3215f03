#!/bin/bash
# Trains on 4 machines with 8 GPUs each, and puts itself into the queue again until the run is complete.
#
#     sbatch deploy/slurm.sh --data-dir /data/imagenet --model-dir /runs/resnet50 --preset tutorial
#
#SBATCH --job-name=resnet --nodes=4 --ntasks-per-node=8 --gpus-per-node=8 --cpus-per-task=12
#SBATCH --time=08:00:00 --requeue --open-mode=append
# Two minutes before the time is up every rank gets SIGUSR1: the run saves and ends with code 75.
#SBATCH --signal=USR1@120
set -u

status=0
srun --mpi=pmix --kill-on-bad-exit=1 train_imagenet --device cuda "$@" || status=$?
if [ "$status" -eq 75 ]; then
    # The same command goes on where it stopped.
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
