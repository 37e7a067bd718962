#!/usr/bin/env bash
# Start a one-node Slurm with two fake GPUs on the loopback interface.
#
#   slurm_up.sh ROOT; source ROOT/env; sinfo; ...; slurm_down.sh ROOT
#
# Everything lies under ROOT: configuration, munge key and socket, state, logs. No
# systemd, no cgroups, no accounting; any user may run it. Other ports than the
# defaults: CONTROLLER_PORT, NODE_PORT.
set -euo pipefail

mkdir -p "${1:?usage: slurm_up.sh ROOT}"
root=$(cd "$1" && pwd -P)
host=$(hostname -s)
user=$(id -un)
mkdir -p "$root"/{bin,etc,gpu,log,munge,run,spool,state}
chmod 700 "$root/munge"

# The socket lies below a private folder, which munge refuses unless forced.
head -c 1024 /dev/urandom > "$root/munge/key"
chmod 400 "$root/munge/key"
munged --force \
  --key-file="$root/munge/key" --seed-file="$root/munge/seed" \
  --socket="$root/run/munge.socket" \
  --pid-file="$root/run/munged.pid" --log-file="$root/log/munged.log"

# Slurm wants a GPU's file to be a character device; a link to one will do.
ln -sfn /dev/null "$root/gpu/fake0"
ln -sfn /dev/null "$root/gpu/fake1"
echo "NodeName=$host Name=gpu Type=fake File=$root/gpu/fake[0-1]" > "$root/etc/gres.conf"
: > "$root/etc/plugstack.conf"

# CPUs and memory are more than the machine may have (config_overrides), so that no
# rule's request is refused; the number of jobs at a time is for the submitter to bound.
cat > "$root/etc/slurm.conf" << CONF
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${CONTROLLER_PORT:-16817}
SlurmdPort=${NODE_PORT:-16818}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
# A job that is queued again starts when the credential of its last start expires. On a
# busy machine its processes take seconds to end, and Slurm refuses a second copy.
AuthInfo=socket=$root/run/munge.socket,cred_expire=20
CredType=cred/munge

StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool
SlurmctldPidFile=$root/run/slurmctld.pid
SlurmdPidFile=$root/run/slurmd.pid
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd.log
PlugStackConfig=$root/etc/plugstack.conf

ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$root/log/jobcomp.log

SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
ReturnToService=2
# Finished jobs stay visible to squeue for the whole test.
MinJobAge=3600

GresTypes=gpu
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=16 RealMemory=128000 Gres=gpu:fake:2
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE DefMemPerCPU=500 State=UP
CONF

# Snakemake's job step drops every SLURM_ variable before it calls srun, SLURM_CONF too;
# this srun, found first, puts it back.
cat > "$root/bin/srun" << SRUN
#!/bin/sh
export SLURM_CONF='$root/etc/slurm.conf'
exec '$(command -v srun)' "\$@"
SRUN
chmod +x "$root/bin/srun"
cat > "$root/env" << ENV
export SLURM_CONF='$root/etc/slurm.conf'
export PATH='$root/bin':"\$PATH"
ENV

export SLURM_CONF="$root/etc/slurm.conf"
slurmctld
slurmd
for _ in $(seq 150); do
  if [ "$(sinfo --noheader --format=%t 2> /dev/null)" = idle ]; then
    exit 0
  fi
  sleep 0.1
done
echo "the node did not become idle within 15 s: $(sinfo 2>&1)" >&2
tail -n 20 "$root"/log/*.log >&2
exit 1
