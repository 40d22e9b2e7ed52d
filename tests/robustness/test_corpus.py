"""The inputs that fuzzing has found: each reached lines that no other did, and none may do harm.

Every tenth of them is tried here; fuzzing begins with all.
"""

import pytest

from tests.robustness.fuzzing import MAX_BYTES, corpus, problem


@pytest.mark.parametrize("target", MAX_BYTES)
def test_the_inputs_of_the_corpus_are_harmless(target):
    inputs = corpus(target)[::10]
    assert len(inputs) > 5
    assert [(data, why) for data in inputs if (why := problem(target, data))] == []
