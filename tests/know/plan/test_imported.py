"""Plans of runs whose stages were trained elsewhere."""

import os

import pytest

from know.errors import KnowError
from know.plan import find_entry, overview

HEAD = "run\tdataset\tarchitecture\tfraction\tseed\tstages\n"


@pytest.fixture
def study(planned, tmp_path):
    """A maker of the plan of methods, and of runs with these stages."""

    def plan(*stages, methods="naive, tsv, longer, soup, line-search"):
        rows = [
            f"own-s{seed}\tshapes\tsimplenet-norm\t1.0\t{seed}\t{pattern}\n"
            for seed, pattern in enumerate(stages)
        ]
        (tmp_path / "own.tsv").write_text(HEAD + "".join(rows))
        names = [name.strip() for name in methods.split(",")]
        table = {"runs": str(tmp_path / "own.tsv"), "methods": names}
        return planned({"tables": {"table1": table}})

    return plan


@pytest.fixture
def networks(tmp_path):
    """A maker of files, by their paths."""

    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.touch()
        return [os.path.relpath(tmp_path / name) for name in names]

    return make


def test_globs_are_ordered_by_number_one_after_the_other(study, networks):
    files = networks("full.pt", "less/e 9.pt", "less/e 10.pt")
    run = study("full.pt | less/e*.pt")["runs"]["own-s0"]
    stages = run["imported"].values()
    assert [stage["network"] for stage in stages] == files
    assert [stage["files"] for stage in stages] == [[file] for file in files]
    # 60 images, halved twice.
    assert [stage["samples"] for stage in stages] == [60, 30, 15]
    assert run["weights"] == [
        f"results/imported/own-s0/stage-{stage}.safetensors" for stage in range(3)
    ]


def test_every_file_of_a_folder_is_an_input(study, networks):
    files = networks(*(f"net-{n}/{f}" for n in range(3) for f in ("a.json", "b.bin")))
    run = study("net-*")["runs"]["own-s0"]
    assert run["imported"]["1"]["files"] == files[2:4]


def test_longer_trains_theta_0_for_what_the_later_stages_are_worth(study, networks):
    networks("0.pt", "1.pt", "2.pt")
    plan = study("?.pt")
    # Two epochs on a half and a quarter of the images: 2 * 0.75, rounded.
    network = plan["networks"]["own-s0-e2"]
    base = "results/imported/own-s0/stage-0.safetensors"
    assert network["base"] == [base]
    assert [phase["epochs"] for phase in network["settings"]["training"]["phases"]] == [
        2
    ]
    scores = plan["scores"]["digits"]["own-s0"]
    assert scores["longer"]["weights"] == ["results/networks/own-s0-e2.safetensors"]
    assert scores["naive"]["weights"] == [base]


def test_table_7_is_refused_and_says_why(study, networks):
    networks("0.pt", "1.pt", "2.pt")
    plan = study("?.pt")
    why = (
        "results/table7.csv counts the seconds of every training, and those of own-s0 "
        "were elsewhere"
    )
    assert overview(plan)["refused"]["times"] == [why]
    with pytest.raises(KnowError, match=why):
        find_entry(plan, "table7")


def test_a_run_of_the_workflow_may_stand_beside(study, networks):
    networks("0.pt", "1.pt", "2.pt")
    runs = study("?.pt", "")["runs"]
    assert list(runs["own-s1"]["before"]) == ["1", "2"]


REFUSED = {
    "what is not there": (
        ["?.pt", "gone-*.pt"],
        "naive",
        ["run own-s1: wanted its stages at 'gone-*.pt', found none"],
    ),
    "another number of stages, and methods that pre-train": (
        ["[01].pt"],
        "naive, incremental, longer, ema, oracle",
        [
            "run own-s0: wanted 3 stages, Theta_0 first, as forgetting.stages says; "
            "found 2: 0.pt, 1.pt",
            "tables.table1.methods: incremental, ema, oracle need a pre-training by "
            "the workflow, and the stages of own-s0 were trained elsewhere; leave "
            "these methods out",
        ],
    ),
}


@pytest.mark.parametrize(("stages", "methods", "problems"), REFUSED.values())
def test_is_refused(study, networks, stages, methods, problems, tmp_path):
    networks("0.pt", "1.pt", "2.pt")
    with pytest.raises(KnowError) as refused:
        study(*stages, methods=methods)
    found = str(refused.value).replace(os.path.relpath(tmp_path) + "/", "")
    assert found.splitlines()[1:] == [f"  - {problem}" for problem in problems]
