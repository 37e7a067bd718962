import platform

import numpy as np
import safetensors
import torch
import zarr

from know.provenance import versions


def test_versions_are_those_of_what_computes():
    # The installer's version of torch can lack or carry a label such as `+cpu`.
    found = versions()
    assert {**found, "torch": found["torch"].partition("+")[0]} == {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "safetensors": safetensors.__version__,
        "torch": torch.__version__.partition("+")[0],
        "zarr": zarr.__version__,
    }
