import pytest
import torch
from torch import zeros

from know.errors import KnowError
from know.predictors.stage_order import StageOrder
from know.predictors.treatment import (
    Choice,
    examined,
    log_treatments,
    treatments,
)
from know.weights.kinds import tensor_kinds

LAYOUT = {
    "body.conv.weight": zeros(2, 1, 3, 3),
    "body.norm.weight": zeros(2),
    "head.weight": zeros(3, 2),
    "head.bias": zeros(3),
    "head.codes": zeros(3).to(torch.int8),
}


def treated(layout=LAYOUT, **choice):
    return treatments(layout, tensor_kinds(layout), Choice(**choice))


def predicted(**choice):
    return {name for name, found in treated(**choice).items() if found.is_predicted}


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ({}, {"body.conv.weight", "head.weight", "head.bias"}),
        ({"only": ["body.*"]}, {"body.conv.weight"}),
        ({"skip": ["head.*"]}, {"body.conv.weight"}),
        ({"only": ["*.weight"], "skip": ["head.*"]}, {"body.conv.weight"}),
        ({"kinds": {"*.weight": "copy"}}, {"head.bias"}),
        (
            {"kinds": {"*": "copy", "body.norm.weight": "fc"}},
            {"body.norm.weight"},
        ),
    ],
)
def test_globs_choose_what_is_predicted(choice, wanted):
    if "*" in choice.get("kinds", {}):
        # The last glob that matches counts.
        assert treated(**choice)["body.norm.weight"].kind == "fc"
    assert predicted(**choice) == wanted


def test_each_tensor_has_its_reason():
    found = treated(skip=["head.weight"])
    assert found["body.conv.weight"].why == "4 dimensions"
    assert found["body.norm.weight"].why == "of a norm layer by its name"
    assert found["head.weight"].why == "--skip"


def test_a_transposed_matrix_is_named():
    found = treated({"c_fc.weight": zeros(2, 3), "c_fc.bias": zeros(3)})
    assert found["c_fc.weight"].why == "2 dimensions, inputs first"


def test_wrong_choices_are_named_at_once():
    with pytest.raises(KnowError) as refusal:
        treated(kinds={"head.codes": "fc", "tail": "conv", "*": "linear"}, only=["x*"])
    for message in (
        "--kind *=linear: wanted one of conv, fc, bias, norm, copy",
        "--kind head.codes=fc: 'head.codes' is torch.int8, not a float",
        "--kind tail: no tensor has such a name",
        "--only x*: no tensor has such a name",
    ):
        assert message in str(refusal.value)


def test_packed_weights_are_refused_by_name():
    layout = {"fc.qweight": zeros(2, 2).to(torch.int32), "fc.scales": zeros(2)}
    with pytest.raises(KnowError, match=r"'fc\.qweight' \(int32\) holds quantised"):
        treated(layout)


def problems_of(history, treatment):
    order = StageOrder(len(history))
    return examined("codes", history[-1], [lambda: history], treatment, order)[1]


def test_integers_that_change_are_refused_unless_a_copy_is_asked_for():
    history = torch.stack([zeros(3), torch.ones(3)]).to(torch.int8)
    (problem,) = problems_of(history, treated()["head.codes"])
    assert "'codes' holds integers (torch.int8) that differ" in problem
    chosen = treated(kinds={"head.codes": "copy"})["head.codes"]
    assert problems_of(history, chosen) == []
    assert problems_of(history[:1].repeat(2, 1), treated()["head.codes"]) == []


def test_a_counter_may_change():
    history = torch.tensor([5, 9])
    assert problems_of(history, treated()["head.codes"]) == []


def test_the_log_names_what_was_copied_and_why(caplog):
    found = treated(skip=["head.*"])
    with caplog.at_level("INFO", logger="know"):
        log_treatments(found)
    assert "1 predicted: 1 conv\n" in caplog.text
    assert "kind fc, --skip: head.weight" in caplog.text
    assert "nothing is predicted" not in caplog.text


def test_a_prediction_of_nothing_is_warned_of(caplog):
    log_treatments(treated(kinds={"*": "copy"}))
    assert "nothing is predicted: all 5 tensors are copied" in caplog.text
