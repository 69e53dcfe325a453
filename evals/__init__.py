"""Measuring Sanad: retrieval and quoting on outside question sets."""
