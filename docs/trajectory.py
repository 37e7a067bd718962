# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
# ---
# %% [markdown]
# # Opening a trajectory
#
# A trajectory is one `.zarr.zip` file: the weights of a network at every stage of its
# forgetting, with accuracies and sizes. The workflow writes
# `results/trajectories/{run}.zarr.zip`, `know.Recorder` the same from a loop of your
# own. This page was run when the site was built;
# [formats.md](../formats/#trajectory-store) describes the file.
#
# Besides `know` it needs `pip install matplotlib scikit-learn xarray`.
#
# Here a small network learns some of scikit-learn's digits and forgets them again.

# %%
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import pandas as pd
import torch
import xarray
import zarr
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from zarr.storage import ZipStore

import know

torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(
    torch.tensor(digits.images[:720] / 16, dtype=torch.float32).unsqueeze(1),
    torch.tensor(digits.target[:720]),
)
store = f"{mkdtemp()}/digits.zarr.zip"
net = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 6 * 6, 10)
)


def fit(loader, epochs=8):
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images), labels).backward()
            optimizer.step()


@torch.no_grad()
def accuracy():
    images, labels = data[:]
    return 100 * (net(images).argmax(1) == labels).float().mean().item()


with know.Recorder(store, net, rate=1 / 3) as record:
    for subset in know.nested_subsets(data, rate=1 / 3, stages=5, seed=0):
        fit(DataLoader(subset, batch_size=32, shuffle=True))
        record(samples=len(subset), accuracy=accuracy())

# %% [markdown]
# ## With zarr alone
#
# An array for each kind of tensor, a row for each stage. The attributes say which
# tensor lies where.

# %%
group = zarr.open_group(store=ZipStore(store, mode="r"), mode="r")
{name: array.shape for name, array in group.arrays()}

# %% [markdown]
# ## With pandas
#
# The stages and the tensors are lists of records.

# %%
stages = pd.DataFrame(group.attrs["stages"])
stages[["samples", "accuracy"]]

# %%
pd.DataFrame(group.attrs["tensors"])

# %% [markdown]
# ## With xarray
#
# How far has each kind of tensor moved from Theta_0, as a share of its norm?

# %%
dataset = xarray.open_zarr(ZipStore(store, mode="r"), consolidated=False)
moved = {}
for kind in ("conv", "fc", "bias"):
    weights = dataset[kind]
    base = weights.isel(stage=0)
    dimension = f"{kind}_coordinate"
    squares = ((weights - base) ** 2).sum(dimension) / (base**2).sum(dimension)
    moved[kind] = squares**0.5
distance = xarray.Dataset(moved).to_pandas()
distance

# %% [markdown]
# ## One tensor over all stages
#
# `know.open` gives tensors under their names; only what is indexed is read.

# %%
with know.open(store) as tensors:
    kernel = tensors["0.weight"]
    first_filter = kernel[:, 0, 0]
first_filter.shape

# %% [markdown]
# ## A plot

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
left.plot(stages["samples"], stages["accuracy"], marker="o")
left.set(xscale="log", xlabel="images of the stage", ylabel="accuracy (%)")
left.invert_xaxis()
distance.plot(ax=right, marker="o", ylabel="distance from Theta_0")
plt.show()

# %% [markdown]
# The curve on the left is the forgetting that methods extrapolate backwards;
# `know diagnose` says whether it is worth it ([diagnosis.md](../diagnosis/)).
