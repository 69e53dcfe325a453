"""The commands of the evals, each file those of one subject."""
