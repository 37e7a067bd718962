"""Rule evaluate_points: a route and its map -> some points with their accuracy."""

from pathlib import Path

from know.cards import check_cards
from know.job_log import job_log
from know.landscape.ground import Ground, Plane
from know.landscape.points import Cloud, evaluate_points
from know.landscape.route import read_route
from know.training.device import prepare_device
from know.weights.checkpoint import save_checkpoint

with job_log(snakemake.log[0]):
    check_cards(snakemake.params.cards)
    files, params = snakemake.input, snakemake.params
    device = prepare_device(snakemake.threads, gpus=snakemake.resources.gpu)
    dataset = Path(files.dataset)
    ground = Ground(snakemake.wildcards.run, dataset, device, **params.ground)
    plane = Plane.read(Path(files.map))
    route = read_route(Path(files.store), files.truths, **params.route)
    cloud = Cloud(run=ground.run, route=route, plane=plane, **params.cloud)
    points = evaluate_points(cloud, ground, params.points)
    card = {**snakemake.wildcards, "map": plane.checksum}
    save_checkpoint(Path(snakemake.output.points), points, card)
