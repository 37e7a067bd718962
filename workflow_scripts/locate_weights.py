"""Rule locate_weights: a trajectory and true weights -> where predictions lie."""

from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.json_files import write_records
from know.landscape.ground import Ground
from know.landscape.route import read_route
from know.landscape.survey import survey
from know.predictors.methods import bound_methods
from know.training.device import prepare_device
from know.weights.checkpoint import save_checkpoint

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    files, params = snakemake.input, snakemake.params
    device = prepare_device(snakemake.threads)
    dataset = Path(files.dataset)
    ground = Ground(snakemake.wildcards.run, dataset, device, **params.ground)
    route = read_route(Path(files.store), files.truths, **params.route)
    methods = bound_methods(params.methods, device)
    tensors, facts, locations = survey(route, methods, ground, rate=params.rate)
    save_checkpoint(Path(snakemake.output.map), tensors, facts)
    write_records(Path(snakemake.output.locations), locations)
