"""Trajectory stores: write, read a window, verify, describe."""
