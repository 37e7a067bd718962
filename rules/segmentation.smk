rule plot_segmentation_samples:
    """Draw test images, their masks and those that networks predict."""
    input:
        dataset=sample_dataset("figure4"),
        samples=sample_files("figure4"),
    output:
        figure=report(
            "results/figure4.svg",
            caption="../docs/report/figure4.rst",
            category="Samples",
        ),
    log:
        "logs/plot_segmentation_samples.log",
    conda:
        "../envs/know.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        sources=sample_sources("figure4"),
        images=sample_images("figure4"),
        code=version_of("plot_segmentation_samples.py"),
    script:
        "../workflow_scripts/plot_segmentation_samples.py"
