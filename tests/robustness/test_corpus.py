"""The inputs that fuzzing has found: each reached lines that no other did, and none may do harm."""

import pytest

from tests.robustness.fuzzing import MAX_BYTES, corpus, problem


@pytest.mark.parametrize("target", MAX_BYTES)
def test_the_inputs_of_the_corpus_are_harmless(target):
    inputs = corpus(target)
    assert len(inputs) > 20
    assert [(data, why) for data in inputs if (why := problem(target, data))] == []
