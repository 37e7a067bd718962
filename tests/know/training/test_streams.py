import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image

from know.data.picture_list import PictureList, Places
from know.data.reading import listed
from know.errors import KnowError
from know.training import streams
from know.training.engine import train
from know.training.evaluation import accuracy
from know.training.images import put_images
from know.training.norms import recalibrate_norms
from know.training.progress import Progress

CPU = torch.device("cpu")
LABELS = np.arange(22) % 3


@pytest.fixture
def folder(tmp_path):
    """22 pictures of noise in files."""
    rng = np.random.default_rng(0)
    for number in range(22):
        pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:02d}.png")
    return tmp_path


@pytest.fixture
def pictures(folder):
    names = sorted(path.name for path in folder.glob("*.png"))
    places = Places.of_files(folder, names)
    (pictures,) = listed([places], (16, 16), crop=False, threads=1)
    return pictures


@pytest.fixture
def streamed(pictures):
    return put_images(pictures, LABELS, device=CPU)


@pytest.fixture
def held(pictures):
    """The same pictures on the device."""
    pixels = np.stack([pictures.picture(number) for number in range(len(pictures))])
    return put_images(pixels, LABELS, device=CPU)


class TestStreamedImages:
    def test_are_centred_by_the_mean_of_their_split(self, streamed, held):
        assert torch.equal(streamed.mean_CHW, held.mean_CHW)
        assert torch.equal(streamed.first(3).mean_CHW, held.mean_CHW)

    @pytest.mark.parametrize("threads", [1, 3])
    def test_train_to_the_bits_of_held_ones(
        self, streamed, held, make_network, make_settings, same, threads, monkeypatch
    ):
        settings = make_settings(augmentation="crop-flip", accumulate=2)
        states = []
        for images in (held, streamed):
            network = make_network()
            # The last five images are not seen, as in a later stage.
            train(network, images.first(17), settings, seed=1)
            states.append(network.state_dict())
            # Only the threads that decode: others would change sums.
            monkeypatch.setattr(streams.torch, "get_num_threads", lambda: threads)
        same(*states)

    def test_resume_within_an_epoch(
        self, streamed, make_network, make_settings, same, tmp_path
    ):
        kept = Progress(tmp_path / "kept", "purpose", interval=0, share=float("inf"))
        passes, states = [], []

        def kill(*_):
            passes.append(None)
            if len(passes) == 4:
                raise KeyboardInterrupt

        killed = make_network()
        killed.register_forward_pre_hook(kill)
        with pytest.raises(KeyboardInterrupt):
            train(killed, streamed, make_settings(), seed=1, progress=kept)
        for progress in (kept, None):
            network = make_network()
            train(network, streamed, make_settings(), seed=1, progress=progress)
            states.append(network.state_dict())
        same(*states)

    def test_are_measured_as_held_ones(self, streamed, held, make_network, same):
        network = make_network()
        assert accuracy(network, streamed) == accuracy(network, held)
        states = []
        for images in (streamed, held):
            recalibrate_norms(network, images)
            states.append({n: v.clone() for n, v in network.state_dict().items()})
        same(*states)

    def test_can_be_chosen_from(self, streamed, held):
        indices = torch.tensor([4, 0, 9])
        for found, wanted in [
            (streamed.part(indices), held.part(indices)),
            (streamed.first(9).part(indices[:2]), held.part(indices[:2])),
        ]:
            everything = torch.arange(len(wanted))
            assert torch.equal(
                found.batch(everything).inputs_BCHW,
                wanted.batch(everything).inputs_BCHW,
            )
            assert torch.equal(found.labels_N, wanted.labels_N)
            assert found.image_size == wanted.image_size == 16


class TestReadingAhead:
    @pytest.fixture
    def decoded(self, monkeypatch):
        """Numbers of the pictures decoded so far, and the threads that decoded them."""
        seen, decode = [], PictureList.picture

        def note(self, number):
            found = decode(self, number)
            seen.append((number, threading.current_thread().name))
            return found

        monkeypatch.setattr(PictureList, "picture", note)
        return seen

    def test_holds_so_many_batches_and_no_more(self, pictures, decoded):
        batches = torch.split(torch.arange(22), 2)
        stream = streams.decoded_ahead(pictures, batches, device=CPU)
        for number, _ in enumerate(stream, start=1):
            # The batch that was just yielded is no longer ahead.
            limit = time.monotonic() + 60
            wanted = min(2 * (number + streams.AHEAD), 22)
            while len(decoded) < wanted and time.monotonic() < limit:
                time.sleep(0.001)
            time.sleep(0.01)
            assert sorted(place for place, _ in decoded) == list(range(wanted))

    def test_fails_where_a_picture_cannot_be_read(self, pictures, folder):
        (folder / "05.png").write_bytes(b"no picture")
        batches = torch.split(torch.arange(22), 4)
        stream = streams.decoded_ahead(pictures, batches, device=CPU)
        next(stream)
        with pytest.raises(KnowError, match=r"05\.png: .*wanted \d+ bytes, found 10"):
            next(stream)

    def test_happens_on_as_many_threads_as_pytorch_has(
        self, pictures, decoded, monkeypatch
    ):
        monkeypatch.setattr(streams.torch, "get_num_threads", lambda: 2)
        chosen = [torch.arange(20)]
        (pixels_BCHW,) = streams.decoded_ahead(pictures, chosen, device=CPU)
        wanted = np.stack([pictures.picture(number) for number in range(20)])
        np.testing.assert_array_equal(pixels_BCHW.permute(0, 2, 3, 1), wanted)
        names = {name for _, name in decoded[:20]}
        assert len(names) <= 2
        assert all(name.startswith("decode") for name in names)
