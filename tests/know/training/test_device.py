import os

import pytest
import torch

from know.errors import KnowError
from know.training import device
from know.training.device import claim_cards, prepare_device


@pytest.fixture
def restored():
    """Puts back what a job may set for its whole process."""
    cudnn = torch.backends.cudnn
    before = torch.get_num_threads(), cudnn.deterministic, cudnn.benchmark
    yield
    torch.set_num_threads(before[0])
    cudnn.deterministic, cudnn.benchmark = before[1:]


@pytest.mark.usefixtures("restored")
def test_a_job_keeps_to_its_threads_and_to_deterministic_kernels():
    prepare_device(1)
    assert torch.get_num_threads() == 1
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(
    ("available", "wanted", "named"),
    [
        (True, "cuda", "NVIDIA H200, CUDA_VISIBLE_DEVICES=3"),
        (False, "cpu", "CPU, 3 threads"),
    ],
)
def test_cuda_is_used_where_there_is_one_and_the_log_names_it(
    monkeypatch, caplog, available, wanted, named
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H200")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    with caplog.at_level("INFO", "know"):
        assert prepare_device(3, gpus=int(available)).type == wanted
    assert caplog.messages == [f"device: {named}"]


@pytest.mark.usefixtures("restored")
def test_a_job_that_is_given_a_gpu_does_not_train_on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(
        KnowError, match=r"wanted a GPU, .* set devices: \{gpus_per_job"
    ):
        prepare_device(1, gpus=1)


class TestCards:
    @pytest.fixture(autouse=True)
    def _machine(self, monkeypatch, tmp_path):
        """Four cards, which this process sees, and no other job."""
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
        monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
        monkeypatch.setattr(device, "_LOCKS", [])
        yield
        for file in device._LOCKS:
            file.close()

    @staticmethod
    def claimed(number, *, visible=""):
        """Claim cards as another job would, from those that it sees."""
        os.environ["CUDA_VISIBLE_DEVICES"] = visible
        claim_cards(number)
        return os.environ["CUDA_VISIBLE_DEVICES"]

    def test_each_job_has_its_own_until_all_are_in_use(self):
        found = [self.claimed(1) for _ in range(6)]
        assert found == ["0", "1", "2", "3", "0", "1"]

    def test_a_job_of_two_processes_has_two(self):
        found = [self.claimed(2), self.claimed(1), self.claimed(2)]
        assert found == ["0,1", "2", "3,0"]

    def test_a_card_is_free_again_when_its_job_has_ended(self):
        assert [self.claimed(1) for _ in range(2)] == ["0", "1"]
        device._LOCKS.pop(0).close()
        assert self.claimed(1) == "0"

    def test_a_job_keeps_to_the_cards_that_it_was_given(self):
        assert self.claimed(1, visible="3") == "3"
        assert [self.claimed(1, visible="2,3") for _ in range(2)] == ["2", "3"]
