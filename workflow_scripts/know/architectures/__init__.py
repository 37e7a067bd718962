"""Networks by name: each is one module with a function of the module's name.

Adding one needs no change here. The function takes the `num_classes` and `image_size`
of `build_network`, and the options that its docstring lists. Its module may state, as
constants that the config's checks read without importing it:

- `READS_TEXTS = True`: it reads texts, and no pictures.
- `READS_NON_SQUARE = True`: `image_size` may be a height and a width.
- `READS_ANY_SIZE = True`: the same weights fit images of every size;
- `SMALLEST_SIZE` and `SIZE_STEP`: the smallest side in pixels that it reads, and what
  each side must be a multiple of.
- `STARTS`: options that hold the path of weights to start from, and the words by which
  a config may ask for published ones instead, each with the address of their
  safetensors file: `{"weights": {"timm": "https://..."}}`. `{variant}` in an address is
  replaced by that option. A network built to hold other weights leaves these options
  out.

By default a network reads squares of the size that it was built for.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from know.errors import KnowError
from know.registry import Registry

if TYPE_CHECKING:
    from know.architectures.network import ImageSize, Network
    from know.weights.checkpoint import State

ARCHITECTURES: Registry[Callable[..., "Network"]] = Registry(
    "know.architectures", kind="an architecture"
)


def build_network(
    name: str,
    *,
    num_classes: int,
    image_size: "ImageSize",
    seed: int,
    options: Mapping[str, Any] | None = None,
    state: "State | None" = None,
) -> "Network":
    """Build a network of the registry, freshly initialised or holding `state`.

    The global random generator is left as it was.

    Args:
        name: key of `ARCHITECTURES`.
        num_classes: width of the head.
        image_size: side of the images in pixels, or height and width if the network
            reads non-square images.
        seed: seed of the initialisation.
        options: further arguments of the architecture, such as `width`.
        state: weights that the network is to hold.

    Returns:
        A network in training mode on the CPU. A classifier maps (batch, 3, height,
        width) to (batch, classes), a segmenter to (batch, classes, height, width).

    Raises:
        KnowError: if the architecture is unknown or refuses the options.
    """
    # Imported here, so that building the DAG of jobs does not load torch.
    import torch

    construct = ARCHITECTURES[name]
    starts = ARCHITECTURES.facts(name).get("STARTS", ()) if state is not None else ()
    given = {key: value for key, value in (options or {}).items() if key not in starts}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            network = construct(num_classes=num_classes, image_size=image_size, **given)
        except TypeError as error:
            raise KnowError(f"architecture {name!r} with {given}: {error}") from error
    if state is not None:
        network.load_state_dict(state)
    return network
