import pytest
import torch

from know.errors import KnowError
from know.training.device import prepare_device


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
    [(True, "cuda", "NVIDIA H200"), (False, "cpu", "CPU, 3 threads")],
)
def test_cuda_is_used_where_there_is_one_and_the_log_names_it(
    monkeypatch, caplog, available, wanted, named
):
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
