"""Language modelling, from pre-training to fine-tuning, on texts that are drawn."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import know
from know.data.prepare import prepare
from know.data.settings import DatasetSettings
from know.errors import KnowError
from know.forgetting.ladder import Ladder, Pretraining
from know.tasks.language_modelling import load_task
from know.weights.kinds import tensor_kinds

CPU = torch.device("cpu")
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
CONFIGS = {
    "llama": {**SMALL, "model_type": "llama", "intermediate_size": 32},
    "gpt2": {**SMALL, "model_type": "gpt2", "resid_pdrop": 0},
}


def texts(topic):
    settings = DatasetSettings(
        source="markov-text",
        target="text",
        size=[1, 32],
        classes=[topic],
        train=32,
        test=8,
    )
    return prepare(f"topic-{topic}", settings, Path())


@pytest.fixture
def task():
    return load_task(texts(1), device=CPU)


@pytest.fixture
def training():
    phases = [{"epochs": 6, "learning_rate": 0.01, "schedule": "cosine"}]
    return {"phases": phases, "batch_size": 8, "augmentation": "none"}


class Constant(nn.Module):
    """The same logits at every place, whatever the text is."""

    def __init__(self, logits_V):
        super().__init__()
        self.logits_V = logits_V

    def forward(self, images_BCHW):
        batch, _, _, length = images_BCHW.shape
        return self.logits_V[None, :, None, None].expand(batch, -1, 1, length)


def test_a_network_that_knows_nothing_needs_seven_bits_for_128_characters(task):
    measured = task.measure(Constant(torch.zeros(128)), precision="float32")
    assert measured["bits_per_byte"] == pytest.approx(7)
    spaces = int((task.test.labels_N == ord(" ")).sum())
    characters_per_word = 8 * 32 / spaces
    wanted = 2 ** (7 * characters_per_word)
    assert measured["word_perplexity"] == pytest.approx(wanted, rel=1e-4)


def test_the_likelihood_is_that_of_each_texts_next_characters(task):
    """Of the letter a, half of the probability; of the others, 1/254 each."""
    logits_V = torch.zeros(128)
    logits_V[ord("a")] = math.log(127)
    measured = task.measure(Constant(logits_V), precision="float32")
    is_a = (task.test.labels_N == ord("a")).double().mean().item()
    wanted = is_a * 1 + (1 - is_a) * math.log2(254)
    assert measured["bits_per_byte"] == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("model", CONFIGS)
def test_forgets_predicts_and_goes_on_with_another_text(
    model, precision, task, training, make_settings, tmp_path
):
    own = {"architecture": "causal-lm", "options": {"config": CONFIGS[model]}}
    training = {**training, "precision": precision}
    plain = {**own, "network": "n", "images": None, "seed": 0, "training": training}
    ladder = Ladder(texts(0), Pretraining.from_config(plain), device=CPU)
    full = ladder.train_stage(samples=32, purpose="pretraining", stage=0)
    half = ladder.train_stage(samples=16, purpose="forgetting", stage=1, start=full)
    assert full.facts["accuracy"] > 15  # a twentieth by guessing among 20 letters

    kinds = tensor_kinds(full.state)
    expo = know.predict([full.state, half.state], "task-vector", rate=0.5)
    assert expo.keys() == full.state.keys()
    for name, value in full.state.items():
        wanted = value if kinds[name] == "norm" else 2 * value - half.state[name]
        torch.testing.assert_close(expo[name], wanted)

    settings = make_settings(**own, training=training)
    outcomes = {
        name: task.finetune(state, settings, seed=0)
        for name, state in {"naive": full.state, "expo": expo}.items()
    }
    for outcome in outcomes.values():
        bits = outcome.curves["bits_per_byte"]
        assert bits[-1] < bits[0] < 7
        assert outcome.value == outcome.curves["word_perplexity"][-1]
    assert outcomes["naive"].value != outcomes["expo"].value


def test_weights_in_bfloat16_are_predicted_and_stay_so(training):
    """Llama's: matrices move, RMSNorm and what did not change stay as they are."""
    own = {"architecture": "causal-lm", "options": {"config": CONFIGS["llama"]}}
    plain = {**own, "network": "n", "images": None, "seed": 0, "training": training}
    ladder = Ladder(texts(0), Pretraining.from_config(plain), device=CPU)
    stages = [ladder.network().state_dict() for _ in range(2)]
    for name, value in stages[1].items():
        stages[1][name] = value + (0.5 if value.ndim == 1 else 0.25)
    stages = [{n: value.bfloat16() for n, value in s.items()} for s in stages]
    predicted = know.predict(stages, "task-vector", rate=0.5)
    assert {value.dtype for value in predicted.values()} == {torch.bfloat16}
    assert torch.equal(predicted["body.norm.weight"], stages[0]["body.norm.weight"])
    moved = 2 * stages[0]["head.weight"].float() - stages[1]["head.weight"].float()
    assert torch.equal(predicted["head.weight"], moved.bfloat16())


def test_refuses_what_is_no_text(task):
    images = texts(0)
    with pytest.raises(KnowError, match="wants text, the labels of data set 'topic-0'"):
        load_task(replace(images, target="masks"), device=CPU)
    blank = images.test_labels * 0
    with pytest.raises(KnowError, match="those of data set 'topic-0' have no space"):
        load_task(replace(images, test_labels=blank), device=CPU)
