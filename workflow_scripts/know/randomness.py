"""Seeds derived from names, so that adding one draw never shifts another."""

import hashlib


def seed_for(*names: str | int) -> int:
    """Seed in [0, 2^63) for the purpose that `names` spell out.

    Args:
        *names: what the seed is for, from the general to the special, such as
            `("pretraining", 0, "epoch", 3)`.

    Returns:
        The same number on every machine for the same names.
    """
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
