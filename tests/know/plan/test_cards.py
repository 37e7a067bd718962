"""The cards that the plan expects of files: swapped ones differ in them."""

import pytest

NETWORKS, RUN = "results/networks/shapes-simplenet-norm", "smoke-s0"
PREDICTIONS = f"results/predictions/{RUN}"
SEEDS = [
    "smoke-s0 shapes simplenet-norm 1 0",
    "smoke-s1 shapes simplenet-norm 1 1",
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{PREDICTIONS}/known/n1.safetensors", f"{PREDICTIONS}/soup/n1.safetensors"),
        (
            f"{PREDICTIONS}/known/n1.safetensors",
            "results/predictions/smoke-s1/known/n1.safetensors",
        ),
        (
            "results/forgetting/smoke-s0/stage-1.safetensors",
            "results/forgetting/smoke-s1/stage-1.safetensors",
        ),
        (
            "results/forgetting/smoke-s0/stage-1.safetensors",
            "results/forgetting/smoke-s0/stage-2.safetensors",
        ),
        (
            f"{NETWORKS}-60-s0.optimizer.safetensors",
            f"{NETWORKS}-60-s1.optimizer.safetensors",
        ),
        (f"{NETWORKS}-60-s0.optimizer.safetensors", f"{NETWORKS}-60-s0.safetensors"),
        (f"{NETWORKS}-60-s0.ema.safetensors", f"{NETWORKS}-60-s0.safetensors"),
        (f"{NETWORKS}-60-s0.ema.safetensors", f"{NETWORKS}-60-s0.swa.safetensors"),
        (
            "results/incremental/smoke-s0.safetensors",
            "results/incremental/smoke-s1.safetensors",
        ),
        ("results/data/shapes.safetensors", "results/data/digits.safetensors"),
        (
            "results/trajectories/smoke-s0.zarr.zip",
            "results/trajectories/smoke-s1.zarr.zip",
        ),
        (
            "results/metadata/small/shard-0.zarr.zip",
            "results/metadata/small/shard-1.zarr.zip",
        ),
        (
            "results/metadata/small/draws-0.safetensors",
            "results/metadata/small/draws-1.safetensors",
        ),
        (
            "results/hypernetworks/small/known_conv.safetensors",
            "results/hypernetworks/small/known_fc.safetensors",
        ),
        (
            "results/landscape/held-out-s0/points-0.safetensors",
            "results/landscape/held-out-s0/points-1.safetensors",
        ),
        (
            "results/landscape/held-out-s0.zarr.zip",
            "results/trajectories/held-out-s0.zarr.zip",
        ),
        (
            "results/scores/digits/smoke-s0/known/block-0.safetensors",
            "results/scores/digits/smoke-s0/naive/block-0.safetensors",
        ),
    ],
)
def test_files_that_a_hand_may_swap_have_other_cards(planned, one, other):
    cards = planned("", *SEEDS)["cards"]
    shared = cards[one].keys() & cards[other].keys()
    assert any(cards[one][name] != cards[other][name] for name in shared)
