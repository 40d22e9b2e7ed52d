"""Scalar code as array programs: recorded once, grouped, written as NumPy source, run for whole data sets."""
