"""A model as a judge of answers: optional, measured against hand labels, and never the only gate."""
