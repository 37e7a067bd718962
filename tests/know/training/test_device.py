import pytest
import torch

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
@pytest.mark.parametrize(("available", "wanted"), [(True, "cuda"), (False, "cpu")])
def test_cuda_is_used_where_there_is_one(monkeypatch, available, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert prepare_device(1).type == wanted
