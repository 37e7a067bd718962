import pytest

from know.data.drawing.scenes import SceneObject
from know.data.drawing.sentences import sentence

STAR = SceneObject(
    outline="star", fill="striped", colour="orange", is_large=True, x=0.2, y=0.25
)
HEART = SceneObject(
    outline="heart", fill="plain", colour="red", is_large=False, x=0.3, y=0.8
)


def test_one_object_is_told_with_its_place():
    assert sentence([STAR]) == ("a large orange striped star at the top on the left")


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        (0, "a large orange striped star above a small red plain heart"),
        (1, "there is a large orange striped star above a small red plain heart"),
        (2, "a picture of a large orange striped star above a small red plain heart"),
        (3, "a small red plain heart below a large orange striped star"),
        (4, "an orange star above a red heart"),
    ],
)
def test_two_objects_are_told_by_their_relation(variant, said):
    assert sentence([STAR, HEART], variant=variant) == said


def test_a_third_object_is_added():
    assert sentence([STAR, HEART, STAR], variant=4) == (
        "an orange star above a red heart and an orange star"
    )
