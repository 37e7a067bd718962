import pytest
import torch

from know.predictors import PREDICTORS

# Theta_0 of ten thousand equal weights, and a stage that must not matter.
HISTORY = torch.stack([torch.full((100, 100), 7.0), torch.full((100, 100), 2.0)])

shrink_perturb = PREDICTORS["shrink-perturb"]


def test_without_noise_it_shrinks_theta_0():
    found = shrink_perturb(HISTORY, factor=0.25, noise=0)
    assert torch.equal(found, torch.full((100, 100), 0.5))


def test_by_default_it_adds_noise_of_a_hundredth_to_six_tenths():
    found = shrink_perturb(HISTORY)
    # Standard errors are 0.0001 for the mean and 0.00007 for the deviation.
    assert found.mean().item() == pytest.approx(1.2, abs=0.0005)
    assert found.std().item() == pytest.approx(0.01, abs=0.0004)


def test_the_generator_alone_decides_the_noise():
    def drawn(seed, **question):
        generator = torch.Generator().manual_seed(seed)
        return shrink_perturb(HISTORY, generator=generator, **question)

    assert torch.equal(drawn(1), drawn(1, horizon=3, rate=0.1))
    assert not torch.equal(drawn(1), drawn(2))
