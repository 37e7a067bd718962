"""State dicts: kinds of tensor, flat vectors, comparison, checkpoints."""
