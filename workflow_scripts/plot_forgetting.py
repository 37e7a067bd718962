"""Rule plot_forgetting: trajectory stores -> how each run forgets, stage by stage."""

from contextlib import ExitStack
from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.reporting.forgetting_figure import draw_forgetting
from know.reporting.svg import save_svg
from know.store.read import open_trajectory

with job_log(snakemake.log[0]) as log:
    check_cards(snakemake.params.cards)
    with ExitStack() as opened:
        paths = zip(snakemake.params.runs, snakemake.input.stores, strict=True)
        stages = {
            run: opened.enter_context(open_trajectory(Path(path))).attributes.stages
            for run, path in paths
        }
    accuracies = {
        run: [(stage.accuracy, stage.test_accuracy) for stage in of_run]
        for run, of_run in stages.items()
    }
    save_svg(draw_forgetting(accuracies), Path(snakemake.output.figure))
    log.info("drew %d runs", len(stages))
