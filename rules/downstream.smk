rule choose_learning_rate:
    """Choose a method's downstream learning rate on a validation split."""
    input:
        weights=planned("scores/{task}/{run}/{method}/weights"),
        base=planned("scores/{task}/{run}/{method}/base"),
        dataset=planned("scores/{task}/{run}/{method}/dataset"),
        pretraining=planned("scores/{task}/{run}/{method}/calibration/dataset"),
    output:
        chosen="results/learning_rates/{task}/{run}/{method}.json",
    log:
        "logs/choose_learning_rate/{task}/{run}/{method}.log",
    benchmark:
        "results/benchmarks/choose_learning_rate/{task}/{run}/{method}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=memory("scores/{task}/{run}/{method}/settings/training"),
        runtime=time_to_train("scores/{task}/{run}/{method}/settings", validated),
        gpu=config["devices"]["gpus_per_job"],
    params:
        cards=cards_of,
        candidates=planned("scores/{task}/{run}/{method}/candidates"),
        type=planned("scores/{task}/{run}/{method}/type"),
        settings=planned("scores/{task}/{run}/{method}/settings"),
        pretraining=planned("scores/{task}/{run}/{method}/calibration/settings"),
        choice=planned("scores/{task}/{run}/{method}/learning_rate_choice"),
        resume="results/resume/learning_rates/{task}/{run}/{method}",
        code=planned("scores/{task}/{run}/{method}/code/choose_learning_rate"),
    script:
        "../workflow_scripts/choose_learning_rate.py"


rule finetune:
    """Fine-tune one method's weights for one run, a block of trials per job."""
    input:
        weights=planned("scores/{task}/{run}/{method}/weights"),
        base=planned("scores/{task}/{run}/{method}/base"),
        dataset=planned("scores/{task}/{run}/{method}/dataset"),
        pretraining=pretraining("dataset"),
        learning_rates=planned("scores/{task}/{run}/{method}/learning_rates"),
    output:
        scores="results/scores/{task}/{run}/{method}/block-{block}.json",
        samples="results/scores/{task}/{run}/{method}/block-{block}.safetensors",
    log:
        "logs/finetune/{task}/{run}/{method}/block-{block}.log",
    benchmark:
        "results/benchmarks/finetune/{task}/{run}/{method}/block-{block}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=memory("scores/{task}/{run}/{method}/settings/training"),
        runtime=time_to_train("scores/{task}/{run}/{method}/settings", tested),
        gpu=config["devices"]["gpus_per_job"],
    params:
        cards=cards_of,
        candidates=planned("scores/{task}/{run}/{method}/candidates"),
        type=planned("scores/{task}/{run}/{method}/type"),
        settings=planned("scores/{task}/{run}/{method}/settings"),
        pretraining=pretraining("settings"),
        trials=planned("scores/{task}/{run}/{method}/trials/{block}"),
        resume="results/resume/scores/{task}/{run}/{method}/block-{block}",
        code=planned("scores/{task}/{run}/{method}/code/finetune"),
    script:
        "../workflow_scripts/finetune.py"
