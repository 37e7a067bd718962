"""Whether a forgetting trajectory is fit for extrapolation."""
