"""The training loop that every task shares, and what it needs."""
