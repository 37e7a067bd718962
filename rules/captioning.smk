rule plot_captions:
    """Draw test images with a true caption and those that networks generate."""
    input:
        dataset=sample_dataset("captions"),
        samples=sample_files("captions"),
    output:
        figure=report(
            "results/figures/captions.svg",
            caption="../docs/report/captions.rst",
            category="Samples",
        ),
    log:
        "logs/plot_captions.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        sources=sample_sources("captions"),
        images=sample_images("captions"),
        code=version_of("plot_captions.py"),
    script:
        "../workflow_scripts/plot_captions.py"
