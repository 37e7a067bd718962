# Two jobs that show what the Slurm profile does: one that asks for a GPU, and one that
# fails at first. Run by test_slurm.py, in a folder of its own.


rule probe:
    default_target: True
    input:
        gpu="results/gpu.txt",
        retried="results/retried.txt",
    localrule: True


rule see_gpu:
    """Record the devices that Slurm granted to the job."""
    output:
        gpu="results/gpu.txt",
    resources:
        gpu=1,
    shell:
        "printenv CUDA_VISIBLE_DEVICES SLURM_JOB_ID > {output.gpu}"


rule fail_once:
    """Fail at the first attempt, and write down every attempt."""
    output:
        retried="results/retried.txt",
    params:
        # Beside the outputs, which Snakemake deletes before a retry.
        attempts="attempts.txt",
    shell:
        """
        echo "$SLURM_JOB_ID" >>{params.attempts}
        test "$(wc -l <{params.attempts})" -gt 1
        cp {params.attempts} {output.retried}
        """
