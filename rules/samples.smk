rule plot_captions:
    """Draw test images with a true caption and those that networks generate."""
    input:
        dataset=planned("samples/captions/dataset"),
        samples=planned("samples/captions/samples"),
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
        sources=planned("samples/captions/sources"),
        images=planned("samples/captions/images"),
        code=version_of("plot_captions.py"),
    script:
        "../workflow_scripts/plot_captions.py"


rule plot_segmentation_samples:
    """Draw test images, their masks and those that networks predict."""
    input:
        dataset=planned("samples/figure4/dataset"),
        samples=planned("samples/figure4/samples"),
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
        sources=planned("samples/figure4/sources"),
        images=planned("samples/figure4/images"),
        code=version_of("plot_segmentation_samples.py"),
    script:
        "../workflow_scripts/plot_segmentation_samples.py"
