#!/usr/bin/env bash
# Two "machines" on one: network namespaces with a host name and an SSH server each, and a cable of a given rate
# between them. Runs mpirun on the first. Needs root, iproute2, openssh-server and Open MPI.
#
#     benches/two_machines.sh RATE MPIRUN-ARGUMENTS...
#     benches/two_machines.sh 1gbit -np 2 target/release/examples/bench_exchange
#     CUT=20 benches/two_machines.sh 10gbit -np 2 target/release/examples/train_imagenet ...
#
# With CUT, the cable is cut after so many seconds, without a word to either side; then it says how long each machine
# goes on, or what of it still runs after a minute.
set -euo pipefail
rate=$1
shift

work=$(mktemp -d)
clean_up() {
    for machine in ranks-a ranks-b; do
        ip netns pids $machine | xargs -r kill -9 2>/dev/null || true
        ip netns del $machine
    done
    rm -r "$work"
}
trap clean_up EXIT

ip netns add ranks-a
ip netns add ranks-b
ip link add ranks-a netns ranks-a type veth peer name ranks-b netns ranks-b
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
mkdir -p /run/sshd
for machine in ranks-a ranks-b; do
    [ $machine = ranks-a ] && address=10.9.0.1 || address=10.9.0.2
    ip -n $machine address add "$address/24" dev $machine
    ip -n $machine link set lo up
    ip -n $machine link set $machine up
    ip netns exec $machine tc qdisc add dev $machine root tbf rate "$rate" burst 4mb latency 20ms
    ip netns exec $machine unshare --uts sh -c "hostname $machine; exec /usr/sbin/sshd -f /dev/null -h '$work/key' \
        -o AuthorizedKeysFile='$work/key.pub' -o StrictModes=no -o PermitRootLogin=yes -o PidFile=none"
done

running() {
    ip netns pids "$1" | xargs -r ps -o comm= -p | grep -v sshd | sort | tr '\n' ' '
}
say_when_it_ends() {
    local cut=$SECONDS
    while [ $((SECONDS - cut)) -lt 60 ]; do
        [ -n "$(running "$1")" ] || { echo "$1 has ended $((SECONDS - cut)) s after the cut" >&2; return; }
        sleep 0.2
    done
    echo "$1 still runs 60 s after the cut: $(running "$1")" >&2
}
if [ -n "${CUT:-}" ]; then
    (
        sleep "$CUT"
        ip -n ranks-b link set ranks-b down
        echo "the cable is cut at $(date +%T)" >&2
        say_when_it_ends ranks-a & say_when_it_ends ranks-b & wait
        # A launcher that cannot reach the other machine may never end.
        ip netns pids ranks-a | xargs -r kill -9
    ) &
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm_rsh_args="-i $work/key -o LogLevel=ERROR \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
ip netns exec ranks-a unshare --uts sh -c 'hostname ranks-a; exec mpirun "$@"' sh \
    -H 10.9.0.1:1,10.9.0.2:1 --mca btl_tcp_if_include 10.9.0.0/24 --mca oob_tcp_if_include 10.9.0.0/24 "$@" || code=$?
wait
exit "${code:-0}"
