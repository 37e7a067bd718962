"""Rule plot_landscape: landscapes and locations -> Figure 3."""

from pathlib import Path

from know.job_log import job_log
from know.landscape.store import read_landscape
from know.landscape_record import read_locations
from know.reporting.landscape import collect_locations
from know.reporting.landscape_figure import Landscape, draw_landscapes
from know.reporting.svg import save_svg

with job_log(snakemake.log[0]) as log:
    params = snakemake.params
    records = read_locations(map(Path, snakemake.input.locations))
    found = collect_locations(records, views=params.views, methods=params.methods)
    stores = zip(params.titles.items(), snakemake.input.stores, strict=True)
    landscapes = {
        view: Landscape(title, *read_landscape(Path(store)))
        for (view, title), store in stores
    }
    figure = draw_landscapes(landscapes, found)
    save_svg(figure, Path(snakemake.output.figure))
    log.info("drew %d views", len(landscapes))
