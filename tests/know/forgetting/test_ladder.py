from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from know.architectures.network import Network
from know.data.arrays import IGNORE, image_dataset
from know.data.picture_list import Places
from know.data.reading import listed
from know.errors import KnowError
from know.forgetting.ladder import Ladder, Pretraining
from know.training.evaluation import accuracy

CPU = torch.device("cpu")


class TestSubsets:
    def test_the_images_of_a_stage_are_the_first_of_the_stage_before(self, make_ladder):
        ladder = make_ladder()
        sizes = ladder.sizes(rate=0.5, stages=3)
        assert sizes == [24, 12, 6]
        larger, smaller = (ladder.images.first(size) for size in sizes[1:])
        assert torch.equal(smaller.pixels_NCHW, larger.pixels_NCHW[:6])
        assert torch.equal(smaller.labels_N, larger.labels_N[:6])

    def test_a_smaller_d_0_is_a_prefix_of_a_larger_one(self, make_ladder):
        small, large = make_ladder(images=10).images, make_ladder(images=None).images
        assert (len(small), len(large)) == (10, 40)
        assert torch.equal(small.pixels_NCHW, large.pixels_NCHW[:10])

    def test_hold_images_beside_their_labels_each_once(self, make_ladder, dataset):
        ladder = make_ladder(images=None)
        labels = {
            image.transpose(2, 0, 1).tobytes(): label
            for image, label in zip(
                dataset.train_images, dataset.train_labels, strict=True
            )
        }
        found = [image.numpy().tobytes() for image in ladder.images.pixels_NCHW]
        assert set(found) == set(labels)
        assert [labels[image] for image in found] == ladder.images.labels_N.tolist()

    def test_are_refused_where_the_data_set_holds_fewer_images(self, make_ladder):
        wanted = "tiny-s0 wants 41 training images, data set 'tiny' holds 40"
        with pytest.raises(KnowError, match=wanted):
            make_ladder(images=41)


def test_every_split_is_centred_by_the_mean_of_d_0(make_ladder):
    ladder = make_ladder()
    mean = ladder.images.pixels_NCHW.numpy().mean(axis=0) / 255
    np.testing.assert_allclose(ladder.images.mean_CHW.numpy(), mean, rtol=1e-6)
    assert ladder.images.first(6).mean_CHW is ladder.images.mean_CHW
    assert torch.equal(ladder.test.mean_CHW, ladder.images.mean_CHW)


class TestStreamedPictures:
    @pytest.fixture
    def streamed(self, dataset, tmp_path):
        """The same data set, its pictures in files."""
        splits = []
        for name in ("train", "test"):
            images = getattr(dataset, f"{name}_images")
            folder = tmp_path / name
            folder.mkdir()
            paths = [folder / f"{number:02d}.png" for number in range(len(images))]
            for path, image in zip(paths, images, strict=True):
                Image.fromarray(image).save(path)
            splits.append(Places.of_files(folder, [path.name for path in paths]))
        train, test = listed(splits, (16, 16), crop=False, threads=1)
        return image_dataset(
            dataset.name,
            train=(train, dataset.train_labels),
            test=(test, dataset.test_labels),
            class_names=dataset.class_names,
            settings={},
        )

    def test_are_forgotten_to_the_bits_of_held_ones(
        self, streamed, dataset, config, same
    ):
        # Of a stream the mean is that of all its training pictures.
        settings = Pretraining.from_config({**config, "images": None})
        found, wanted = (
            Ladder(data, settings, device=CPU).train_stage(
                samples=20, purpose="forgetting", stage=1
            )
            for data in (streamed, dataset)
        )
        same(found.state, wanted.state)
        same(found.optimizer_state, wanted.optimizer_state)
        accuracies = ("accuracy", "test_accuracy")
        assert [found.facts[n] for n in accuracies] == [
            wanted.facts[n] for n in accuracies
        ]
        assert found.facts["digests"] == streamed.digests != dataset.digests


class TestStage:
    def test_measures_on_all_of_d_0_and_on_the_test_split(self, make_ladder):
        ladder = make_ladder()
        trained = ladder.train_stage(samples=12, purpose="forgetting", stage=1)
        network = ladder.network(trained.state)
        assert trained.facts["accuracy"] == accuracy(network, ladder.images)
        assert trained.facts["test_accuracy"] == accuracy(network, ladder.test)

    def test_is_measured_on_the_way_where_that_is_told(self, make_ladder):
        stage = {"samples": 12, "purpose": "forgetting", "stage": 1}
        (trained, plain) = (
            make_ladder().train_stage(**stage, evaluate_every=every)
            for every in (1, None)
        )
        (phase,) = make_ladder().settings.training.phases
        assert len(trained.curve) == phase.epochs
        assert trained.curve[-1] == trained.facts["accuracy"]
        assert trained.facts["accuracy"] == plain.facts["accuracy"]
        assert not plain.curve

    def test_is_measured_by_one_of_the_processes_that_train_it(
        self, make_ladder, monkeypatch, same
    ):
        ladder = make_ladder()
        first = ladder.train_stage(samples=12, purpose="forgetting", stage=1)
        monkeypatch.setattr("know.forgetting.ladder.process_number", lambda: 1)
        other = ladder.train_stage(samples=12, purpose="forgetting", stage=1)
        same(other.state, first.state)
        assert other.facts == {}

    def test_says_what_it_came_from(self, make_ladder, dataset):
        facts = (
            make_ladder().train_stage(samples=12, purpose="forgetting", stage=1).facts
        )
        measured = {"accuracy", "kinds", "test_accuracy", "versions"}
        assert {n: value for n, value in facts.items() if n not in measured} == {
            "architecture": "simplenet",
            "dataset": "tiny",
            "digests": dataset.digests,
            "epochs": 2,
            "learning_rate": 0.01,
            "image_size": 16,
            "network": "tiny-s0",
            "num_classes": 2,
            "options": {"width": 2, "norm": True},
            "samples": 12,
            "seed": 0,
            "stage": 1,
        }

    def test_depends_on_purpose_and_number(self, make_ladder, same):
        ladder = make_ladder()
        first, again, other_stage, other_purpose = (
            ladder.train_stage(samples=12, purpose=purpose, stage=stage).state
            for purpose, stage in [("a", 1), ("a", 1), ("a", 2), ("b", 1)]
        )
        same(first, again)
        for other in (other_stage, other_purpose):
            assert not torch.equal(other["head.weight"], first["head.weight"])

    def test_does_not_change_the_weights_and_optimizer_state_it_starts_from(
        self, make_ladder, same
    ):
        ladder = make_ladder()
        first = ladder.train_stage(samples=24, purpose="pretraining", stage=0)
        state = {name: value.clone() for name, value in first.state.items()}
        optimizer_state = {
            name: value.clone() for name, value in first.optimizer_state.items()
        }
        ladder.train_stage(samples=12, purpose="forgetting", stage=1, start=first)
        same(first.state, state)
        same(first.optimizer_state, optimizer_state)

    def test_trains_on_no_image_beyond_its_subset(self, make_ladder, same):
        whole, spoilt = make_ladder(), make_ladder()
        spoilt.images.pixels_NCHW[12:] = 0
        found = [
            ladder.train_stage(samples=12, purpose="forgetting", stage=1).state
            for ladder in (whole, spoilt)
        ]
        same(*found)


def test_a_stage_without_an_image_of_a_class_says_so(make_ladder, caplog):
    ladder = make_ladder()
    with caplog.at_level("WARNING", "know"):
        ladder.train_stage(samples=24, purpose="forgetting", stage=0)
        ladder.train_stage(samples=1, purpose="forgetting", stage=3)
    first = ladder.dataset.class_names[int(ladder.images.labels_N[0])]
    (other,) = {"even", "odd"} - {first}
    assert caplog.messages == [f"stage 3: none of its 1 images is of class {other}"]


def test_a_network_begins_at_the_initialisation_of_its_seed(make_ladder):
    first, again = make_ladder().network(), make_ladder().network()
    other = make_ladder(seed=1).network()
    assert torch.equal(first.head.weight, again.head.weight)
    assert not torch.equal(first.head.weight, other.head.weight)


class TestMasks:
    @pytest.fixture
    def ladder(self, dataset, config, monkeypatch):
        """A ladder on masks of two classes, of a network that is one convolution."""

        def build(_, *, num_classes, state=None, **__):
            network = Network(nn.Identity(), num_features=1, num_classes=1)
            network.head = nn.Conv2d(3, num_classes, 1)
            nn.init.zeros_(network.head.weight)
            if state is not None:
                network.load_state_dict(state)
            return network

        monkeypatch.setattr("know.forgetting.ladder.build_network", build)
        masks = {
            key: (getattr(dataset, key)[..., 0] > 127).astype(np.uint8)
            for key in ("train_images", "test_images")
        }
        masks["test_images"][:, 0] = IGNORE
        with_masks = replace(
            dataset,
            train_labels=masks["train_images"],
            test_labels=masks["test_images"],
            target="masks",
        )
        phases = [{"epochs": 4, "learning_rate": 0.3, "schedule": "cosine"}]
        training = {**config["training"], "phases": phases}
        settings = Pretraining.from_config({**config, "training": training})
        return Ladder(with_masks, settings, device=CPU)

    def test_stages_learn_and_are_measured_by_the_share_of_pixels(self, ladder):
        trained = ladder.train_stage(samples=24, purpose="forgetting", stage=0)
        network = ladder.network(trained.state)
        logits = network(ladder.test.batch(torch.arange(10)).inputs_BCHW)
        is_right = logits.argmax(1) == ladder.test.labels_N
        counts = ladder.test.labels_N != IGNORE
        wanted = 100 * is_right[counts].double().mean()
        assert trained.facts["test_accuracy"] == pytest.approx(float(wanted))
        assert trained.facts["accuracy"] > 90

    def test_subsets_keep_images_beside_their_masks(self, ladder):
        images = ladder.images.first(6)
        assert torch.equal(images.labels_N, (images.pixels_NCHW[:, 0] > 127).byte())
