import pytest
import torch

from know.hypernetwork.base import Hypernetwork


class Copy(Hypernetwork):
    """Adds nothing."""

    architecture = "copy"
    stages = 2

    def settings(self):
        return {}

    def ahead(self, history_BS, facts):
        return torch.zeros_like(history_BS[:, :1])

    def loss(self, batch):
        return batch.step_WH.sum()


def test_a_model_reaches_one_stage_ahead_unless_it_says_more():
    assert Copy().horizons == 1


def test_a_model_without_a_closed_form_takes_no_batch():
    def batches():
        raise AssertionError("nothing is solved")
        yield

    Copy().fit(batches())


@pytest.mark.parametrize("missing", ["settings", "ahead", "loss"])
def test_a_model_lacks_none_of_what_trainings_and_files_ask(missing):
    methods = {n: getattr(Copy, n) for n in ("settings", "ahead", "loss")}
    del methods[missing]
    partial = type("Partial", (Hypernetwork,), methods)
    with pytest.raises(TypeError, match=f"abstract method .*{missing}"):
        partial()
