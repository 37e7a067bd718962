"""Procedural pictures of shapes, with their masks and sentences."""
