"""Rule tabulate_landscape: landscapes and locations -> Figure 3, also in numbers."""

from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.landscape.store import read_landscape
from know.landscape_record import read_locations
from know.reporting import landscape
from know.reporting.landscape_figure import Landscape, draw_landscapes
from know.reporting.svg import save_svg
from know.whole_files import write_whole

with job_log(snakemake.log[0]) as log:
    check_cards(snakemake.params.cards)
    params, output = snakemake.params, snakemake.output
    records = read_locations(map(Path, snakemake.input.locations))
    found = landscape.collect_locations(
        records, views=params.views, methods=params.methods, horizons=params.horizons
    )
    table = landscape.tabulate_locations(found)
    stores = zip(params.titles.items(), snakemake.input.stores, strict=True)
    landscapes = {
        view: Landscape(title, *read_landscape(Path(store)))
        for (view, title), store in stores
    }
    write_whole(Path(output.table), landscape.landscape_csv(table))
    save_svg(draw_landscapes(landscapes, found), Path(output.figure))
    log.info("%d locations made %d rows", len(records), len(table))
