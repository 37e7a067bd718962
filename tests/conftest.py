"""One thread for each process, and which tests are fast.

Every test is `fast` unless it is marked `workflow`, `cluster`, `gpu` or `slow`. A test
that runs under `fast` and is not fails, so that `pytest -m fast` stays quick.
"""

import os

import pytest

# Threads that wait for each other cost more than networks as small as those of tests.
os.environ.setdefault("OMP_NUM_THREADS", "1")

NOT_FAST = ("workflow", "cluster", "gpu", "slow")
MOST_SECONDS = 5.0
"""Processor time, which a busy machine changes little."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark fast tests, and start with the others, which take longest."""
    for item in items:
        if not any(map(item.get_closest_marker, NOT_FAST)):
            item.add_marker("fast")
    items.sort(key=lambda item: item.get_closest_marker("fast") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Refuse a fast test that is slow."""
    before = processor_time()
    yield
    taken = processor_time() - before
    if item.get_closest_marker("fast") and taken > MOST_SECONDS:
        pytest.fail(
            f"took {taken:.0f} s of processor time, at most {MOST_SECONDS:.0f} s are "
            "fast: make it smaller or mark it with @pytest.mark.slow"
        )


def processor_time():
    """Seconds that this process and those that it has waited for have computed."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
