"""Networks that a user's own module makes."""

import re
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

PAGE = Path(__file__).parents[3] / "docs/new_benchmark.md"


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        ("vit_tiny_patch16_224", {"img_size": 16, "patch_size": 4}),
        ("mobilenetv3_small_050", {}),
    ],
)
def test_the_pages_function_takes_networks_of_timm(
    model, arguments, build, tmp_path, monkeypatch
):
    (text,) = re.findall(r"```python\n(import timm.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "nets.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "nets", raising=False)
    network = build("nets:from_timm", model=model, arguments=arguments).eval()
    assert type(network.head) is nn.Linear
    assert network(torch.zeros(2, 3, 16, 16)).shape == (2, 10)
