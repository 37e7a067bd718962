"""Preparing and holding a data set takes little more memory than its pixels."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import know

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and RLIMIT_DATA"),
]

COUNT, SIDE = 80, 512
"""Training pictures, 63 MB of pixels; the test split has as many again."""

LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
{imports}

def limit(factor):
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    room = pages * resource.getpagesize() + int(factor * {num_bytes})
    resource.setrlimit(resource.RLIMIT_DATA, (room, room))

path = Path(sys.argv[1])
"""

PREPARE = """
settings = DatasetSettings(source="image-folder", path="pictures", size={side})
limit(1.5)
write_dataset(path / "data.safetensors", prepare("pictures", settings, path))
"""

HOLD = """
torch.set_num_threads(1)
data = read_dataset(path / "data.safetensors")
limit(1.5)
images = put_images(data.train_images, data.train_labels, device=torch.device("cpu"))
assert images.mean_CHW[:, 0, 0].tolist() == [np.float32(1 / 255)] * 3
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    for split in ("train", "test"):
        for name in ("dark", "bright"):
            (folder / "pictures" / split / name).mkdir(parents=True)
            value = 2 if name == "bright" else 0
            picture = Image.new("RGB", (SIDE, SIDE), (value,) * 3)
            for number in range(COUNT // 2):
                picture.save(folder / "pictures" / split / name / f"{number}.bmp")
    return folder


def run(script, folder, *, imports, num_bytes):
    """Run a script that may use 1.5 times `num_bytes` more memory than its imports."""
    head = LIMITED.format(imports=imports, num_bytes=num_bytes)
    done = subprocess.run(
        [sys.executable, "-c", head + script.format(side=SIDE), str(folder)],
        cwd=Path(know.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_pixels_are_in_memory_once(folder):
    num_bytes = COUNT * SIDE * SIDE * 3
    run(
        PREPARE,
        folder,
        imports=(
            "from PIL import Image\n"
            "from know.data.arrays import write_dataset\n"
            "from know.data.prepare import prepare\n"
            "from know.data.settings import DatasetSettings"
        ),
        num_bytes=2 * num_bytes,
    )
    run(
        HOLD,
        folder,
        imports=(
            "import torch\n"
            "from know.data.arrays import read_dataset\n"
            "from know.training.images import put_images"
        ),
        num_bytes=num_bytes,
    )
