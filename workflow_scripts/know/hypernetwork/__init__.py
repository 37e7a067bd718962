"""KNOWN and other hypernetworks: networks, files and training."""
