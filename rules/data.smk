rule prepare_data:
    """Turn one data set, drawn or read, into one uint8 array file."""
    output:
        dataset="results/data/{dataset}.safetensors",
    log:
        "logs/prepare_data/{dataset}.log",
    benchmark:
        "benchmarks/prepare_data/{dataset}.tsv"
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=dataset_settings,
        data_root=dataset_root,
        code=dataset_code,
    script:
        "../workflow_scripts/prepare_data.py"
