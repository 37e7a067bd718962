"""Data sets: sources, preparation, nested subsets, augmentation."""
