import pytest

from know.training.settings import Phase, TrainingSettings


def test_a_configs_plain_values_become_settings():
    found = TrainingSettings.from_config(
        phases=[
            {"epochs": 1, "learning_rate": 0.1, "schedule": "cosine"},
            {
                "epochs": 2,
                "learning_rate": 0.2,
                "schedule": "step",
                "trainable": "norm-and-head",
            },
        ],
        batch_size=4,
        augmentation="none",
    )
    assert found == TrainingSettings(
        phases=(
            Phase(
                epochs=1, learning_rate=0.1, schedule="cosine", trainable="everything"
            ),
            Phase(
                epochs=2, learning_rate=0.2, schedule="step", trainable="norm-and-head"
            ),
        ),
        batch_size=4,
        augmentation="none",
        precision="auto",
    )


def test_a_misspelled_setting_is_refused():
    with pytest.raises(TypeError, match="batchsize"):
        TrainingSettings.from_config(phases=[], batchsize=4, augmentation="none")
