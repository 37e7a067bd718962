import pytest

from know.hypernetwork.roles import HeldOut


@pytest.fixture
def role(make_facts):
    """The role of a trial, from its number and what else it had drawn."""

    def of(number, *, every=4, **drawn):
        held_out = HeldOut(every=every, families=["vit"], datasets=["digits"])
        return held_out.role(make_facts(number, **drawn))

    return of


def test_of_every_four_the_last_is_held_out_and_the_one_before_stops(role):
    wanted = ["training", "training", "stopping", "trials"]
    assert [role(number) for number in range(8)] == wanted * 2


@pytest.mark.parametrize("number", range(8))
def test_what_is_held_out_altogether_has_its_role_whatever_the_number(role, number):
    assert role(number, family="vit") == "family"
    assert role(number, dataset="digits") == "dataset"
    assert role(number, family="vit", dataset="digits") == "unused"
