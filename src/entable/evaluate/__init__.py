"""Judging what was learnt: arithmetic over arrays."""
