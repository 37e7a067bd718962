# On the machine that submits jobs, where there is internet. Without the param `code`: a
# file fetched by other code is the same, and fetching it again may be impossible.


rule fetch_weights:
    """Fetch published weights that networks start from."""
    output:
        weights=f"{config['published']}/{{published}}.safetensors",
    log:
        "logs/fetch_weights/{published}.log",
    localrule: True
    conda:
        "../envs/know.yaml"
    params:
        url=planned("published/{published}/url"),
        sha256=planned("published/{published}/sha256"),
    script:
        "../workflow_scripts/fetch_weights.py"


rule fetch_dataset:
    """Fetch a data set to below data_root, unless it is there."""
    output:
        record="results/fetched/{fetched}.json",
    log:
        "logs/fetch_dataset/{fetched}.log",
    localrule: True
    conda:
        "../envs/know.yaml"
    params:
        settings=planned("fetched/{fetched}"),
    script:
        "../workflow_scripts/fetch_dataset.py"
