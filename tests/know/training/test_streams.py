import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image

from know.data.listing import listed
from know.data.places import places_of_files
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
    places = places_of_files(folder, sorted(folder.glob("*.png")))
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
        assert accuracy(network, streamed, batch_size=5) == accuracy(
            network, held, batch_size=5
        )
        states = []
        for images in (streamed, held):
            recalibrate_norms(network, images, batch_size=7)
            states.append({n: v.clone() for n, v in network.state_dict().items()})
        same(*states)

    def test_can_be_chosen_from(self, streamed, held):
        indices = torch.tensor([4, 0, 9])
        for found, wanted in [
            (streamed.every(5), held.every(5)),
            (streamed.part(indices), held.part(indices)),
            (streamed.first(9).part(indices[:2]), held.part(indices[:2])),
        ]:
            everything = torch.arange(len(wanted))
            assert torch.equal(found.inputs(everything), wanted.inputs(everything))
            assert torch.equal(found.labels_N, wanted.labels_N)
            assert found.image_size == wanted.image_size == 16

    def test_are_not_for_ensembles(self, streamed):
        with pytest.raises(KnowError, match="wanted images that the device holds"):
            _ = streamed.held_pixels


class TestReadingAhead:
    @pytest.fixture
    def stream(self, pictures):
        return streams.PixelStream(pictures, device=CPU)

    @pytest.fixture
    def decoded(self, monkeypatch):
        """Numbers of the pictures decoded so far."""
        seen, decode = [], streams.PixelStream._decode

        def note(self, number, into):
            decode(self, number, into)
            seen.append(number)

        monkeypatch.setattr(streams.PixelStream, "_decode", note)
        return seen

    def test_holds_so_many_batches_and_no_more(self, stream, decoded):
        batches = torch.split(torch.arange(22), 2)
        stream.expect(batches)
        for number, batch in enumerate(batches, start=1):
            stream.read(batch)
            # What is being waited for is no more ahead.
            limit = time.monotonic() + 60
            wanted = min(2 * (number + streams.AHEAD), 22)
            while len(decoded) < wanted and time.monotonic() < limit:
                time.sleep(0.001)
            time.sleep(0.01)
            assert sorted(decoded) == list(range(wanted))

    def test_serves_what_was_not_expected_too(self, stream, pictures):
        expected = torch.tensor([1, 2])
        stream.expect([expected])
        found = [stream.read(torch.tensor([7])), stream.read(expected)]
        for batch_BCHW, numbers in zip(found, ([7], [1, 2]), strict=True):
            wanted = np.stack([pictures.picture(number) for number in numbers])
            np.testing.assert_array_equal(batch_BCHW.permute(0, 2, 3, 1), wanted)

    def test_does_not_take_equal_indices_for_the_expected_ones(self, stream, decoded):
        expected = torch.tensor([1, 2])
        stream.expect([expected])
        stream.read(expected.clone())
        stream.read(expected)
        assert sorted(decoded) == [1, 1, 2, 2]

    def test_of_other_batches_forgets_the_earlier_ones(self, stream):
        stream.expect(torch.split(torch.arange(20), 4))
        batches = torch.split(torch.arange(6), 3)
        stream.expect(batches)
        assert [len(stream.read(batch)) for batch in batches] == [3, 3]

    def test_fails_where_a_picture_cannot_be_read(self, stream, folder):
        (folder / "05.png").write_bytes(b"no picture")
        batches = torch.split(torch.arange(22), 4)
        stream.expect(batches)
        stream.read(batches[0])
        with pytest.raises(KnowError, match=r"05\.png: .*wanted \d+ bytes, found 10"):
            stream.read(batches[1])

    def test_happens_on_as_many_threads_as_pytorch_has(self, stream, monkeypatch):
        names = set()

        def note(self, number, into):
            names.add(threading.current_thread().name)
            time.sleep(0.002)

        monkeypatch.setattr(streams.PixelStream, "_decode", note)
        monkeypatch.setattr(streams.torch, "get_num_threads", lambda: 2)
        stream.read(torch.arange(20))
        assert len(names) == 2
        assert all(name.startswith("decode") for name in names)
