"""Forgetting: nested subsets of one data set, trained on stage by stage."""
