rule prepare_data:
    """Turn one data set, drawn or read, into one uint8 array file."""
    input:
        fetched=planned("datasets/{dataset}/fetched"),
    output:
        dataset="results/data/{dataset}.safetensors",
    log:
        "logs/prepare_data/{dataset}.log",
    benchmark:
        "results/benchmarks/prepare_data/{dataset}.tsv"
    conda:
        "../envs/know.yaml"
    resources:
        mem_mb=memory_of_preparation,
        runtime=growing(60),
    params:
        settings=planned("datasets/{dataset}/settings"),
        code=planned("datasets/{dataset}/code"),
    script:
        "../workflow_scripts/prepare_data.py"
