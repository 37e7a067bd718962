"""Published weights, fetched to a file that the networks of a config start from."""

import pytest

from know.plan.published import with_fetched

HUB = "https://huggingface.co/timm/pvt_v2_b1.in1k/resolve/main/model.safetensors"
FILE = "results/published/huggingface.co-timm-pvt_v2_b1.in1k-resolve-main-model"
DIGEST = "0123456789ABCDEF" * 4


def architectures(*weights):
    """A config of networks that start from these weights."""
    return {
        "published": "results/published",
        "architectures": {
            f"pvt-{number}": {
                "architecture": "pvt-v2",
                "options": {"variant": "b1", "weights": word},
            }
            for number, word in enumerate(weights)
        },
    }


@pytest.mark.parametrize("weights", ["timm", HUB])
def test_the_pre_training_reads_the_fetched_file(planned, weights):
    options = f"{{variant: b1, stages: null, weights: '{weights}#sha256={DIGEST}'}}"
    plan = planned(f"architectures: {{pvt-narrow: {{options: {options}}}}}")
    file = f"{FILE}.safetensors"
    network = plan["networks"][plan["runs"]["pvt-s0"]["settings"]["network"]]
    assert network["start"] == [file]
    assert network["settings"]["options"]["weights"] == file
    digest = DIGEST.lower()
    assert plan["published"] == {FILE[18:]: {"url": HUB, "sha256": [digest]}}
    assert plan["cards"][file] == {"url": HUB, "published_sha256": digest}


def test_a_variant_that_the_config_does_not_name_is_the_architecture_s_default():
    config = architectures("timm")
    del config["architectures"]["pvt-0"]["options"]["variant"]
    _, published = with_fetched(config)
    assert list(published) == [FILE[18:].replace("b1", "b0")]


def test_networks_share_a_file_and_what_is_demanded_of_it():
    config, published = with_fetched(architectures("timm", f"{HUB}#sha256=ab", "timm"))
    files = {a["options"]["weights"] for a in config["architectures"].values()}
    assert files == {f"{FILE}.safetensors"}
    assert published == {FILE[18:]: {"url": HUB, "sha256": ["ab"]}}


def test_the_user_s_own_file_and_none_are_left_alone():
    config = architectures("mine.safetensors", None)
    assert with_fetched(config) == (config, {})


def test_meta_data_wait_for_the_weights_of_their_families(planned):
    plan = planned(
        "{metadata: {small: {families: [simplenet-12, pvt-0]}}, architectures: {pvt-0:"
        " {architecture: pvt-v2, options: {variant: b1, weights: timm}}}}"
    )
    assert plan["metadata"]["small"]["start"] == [f"{FILE}.safetensors"]


def test_data_sets_of_one_name_are_fetched_once(planned):
    plan = planned(
        "datasets: {small: {source: torchvision, name: mnist, size: 14}, large:"
        " {source: torchvision, name: mnist, size: 28}, own: {source: digits, size: 8}}"
    )
    assert plan["fetched"] == {"mnist": {"source": "torchvision", "name": "mnist"}}
    record = ["results/fetched/mnist.json"]
    for name, fetched in {"small": record, "large": record, "own": []}.items():
        assert plan["datasets"][name]["fetched"] == fetched
