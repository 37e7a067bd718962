"""Seeds derived from names, so that adding one draw never shifts another."""

import hashlib


def seed_for(*names: str | int) -> int:
    """Derive a seed in [0, 2^63) from the names of its purpose.

    Args:
        *names: purpose of the seed, from the general to the special, such as
            `("pretraining", 0, "epoch", 3)`.

    Returns:
        The same number for the same names, on every machine.
    """
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
