"""Reading what was learnt: arithmetic over arrays, answers as objects."""
