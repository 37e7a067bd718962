rule choose_learning_rate:
    """Pick a method's downstream learning rate on a validation split."""
    input:
        weights=candidate_weights,
        base=base_weights,
        dataset=task_dataset,
        calibration=calibration_dataset,
    output:
        chosen="results/learning_rates/{task}/{run}/{method}.json",
    log:
        "logs/choose_learning_rate/{task}/{run}/{method}.log",
    benchmark:
        "benchmarks/choose_learning_rate/{task}/{run}/{method}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=1440,
        gpu=config["devices"]["gpus_per_job"],
    params:
        candidates=candidates,
        type=task_type,
        settings=finetuning_settings,
        calibration=calibration_settings,
        choice=learning_rate_choice,
        code=version_with_task("choose_learning_rate.py"),
    script:
        "../workflow_scripts/choose_learning_rate.py"


rule finetune:
    """Fine-tune one method's weights for one run, a block of trials a job."""
    input:
        weights=candidate_weights,
        base=base_weights,
        dataset=task_dataset,
        calibration=calibration_dataset,
        learning_rates=chosen_learning_rates,
    output:
        scores="results/scores/{task}/{run}/{method}/block-{block}.json",
        samples="results/scores/{task}/{run}/{method}/block-{block}.safetensors",
    log:
        "logs/finetune/{task}/{run}/{method}/block-{block}.log",
    benchmark:
        "benchmarks/finetune/{task}/{run}/{method}/block-{block}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=1440,
        gpu=config["devices"]["gpus_per_job"],
    params:
        candidates=candidates,
        type=task_type,
        settings=finetuning_settings,
        calibration=calibration_settings,
        trials=block_trials,
        resume="results/resume/scores/{task}/{run}/{method}/block-{block}",
        code=version_with_task("finetune.py"),
    script:
        "../workflow_scripts/finetune.py"
