"""A differential fuzzer: random scalar functions, vectorized, beside the same functions on Values, sample by sample."""
