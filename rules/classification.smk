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
        settings=finetuning_settings,
        calibration=calibration_settings,
        choice=learning_rate_choice,
        code=version_with_network("choose_learning_rate.py"),
    script:
        "../workflow_scripts/choose_learning_rate.py"


rule finetune_classification:
    """Fine-tune one method's weights for one run, a block of trials a job."""
    input:
        weights=candidate_weights,
        base=base_weights,
        dataset=task_dataset,
        calibration=calibration_dataset,
        learning_rates=chosen_learning_rates,
    output:
        scores="results/scores/{task}/{run}/{method}/block-{block}.json",
    log:
        "logs/finetune_classification/{task}/{run}/{method}/block-{block}.log",
    benchmark:
        "benchmarks/finetune_classification/{task}/{run}/{method}/block-{block}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=1440,
        gpu=config["devices"]["gpus_per_job"],
    params:
        candidates=candidates,
        settings=finetuning_settings,
        calibration=calibration_settings,
        trials=block_trials,
        resume="results/resume/scores/{task}/{run}/{method}/block-{block}",
        code=version_with_network("finetune_classification.py"),
    script:
        "../workflow_scripts/finetune_classification.py"


rule tabulate_classification:
    """Make Table 1 of all scores: tidy, over seeds, in the paper's layout, and times."""
    input:
        scores=plan.scores(),
    output:
        table=report(
            "results/table1.csv",
            caption="../docs/report/table1.rst",
            category="Table 1",
        ),
        seeds="results/table1_seeds.csv",
        times="results/table1_times.csv",
        markdown="results/table1.md",
    log:
        "logs/tabulate_classification.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        runs=plan.table_runs(),
        methods=plan.table_methods(),
        note=config["table1"]["note"],
        code=version_of("tabulate_classification.py"),
    script:
        "../workflow_scripts/tabulate_classification.py"
