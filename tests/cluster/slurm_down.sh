#!/usr/bin/env bash
# Stop what slurm_up.sh started under ROOT: its jobs, then its daemons, by their ids.
set -uo pipefail

root=$(cd "${1:?usage: slurm_down.sh ROOT}" && pwd -P)
export SLURM_CONF="$root/etc/slurm.conf"
if timeout 5 scancel --user="$(id -un)" 2> /dev/null; then
  for _ in $(seq 100); do
    [ -z "$(timeout 5 squeue --noheader 2> /dev/null)" ] && break
    sleep 0.1
  done
fi

status=0
for daemon in slurmd slurmctld munged; do
  file="$root/run/$daemon.pid"
  [ -s "$file" ] || continue
  pid=$(cat "$file")
  # A number in a left-over file may meanwhile belong to somebody else.
  [ "$(cat "/proc/$pid/comm" 2> /dev/null)" = "$daemon" ] || continue
  kill "$pid"
  for _ in $(seq 100); do
    kill -0 "$pid" 2> /dev/null || continue 2
    sleep 0.1
  done
  echo "$daemon (process $pid) still runs 10 s after SIGTERM" >&2
  status=1
done
exit $status
