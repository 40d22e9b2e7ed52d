"""Maps of an array's gradients: kinds and errors entry by entry, slices, blocks."""

import math

import numpy as np
import pytest

from autograd.checking.inputs import Block
from autograd.checking.reports.error_maps import KINDS, ErrorMap, error_maps, relative_error
from autograd.checking.reports.report import by_array
from autograd.checking.verdicts import Slopes, judge, unknown


def array(shape, claimed, right, checked=None):
    """The checks of an array x, of all entries or of those in `checked`."""
    block = Block("x", shape)
    checks = {
        name: judge(float(grad), Slopes(float(slope), float(slope)), name=name)
        for name, grad, slope in zip(block.names, np.ravel(claimed), np.ravel(right), strict=True)
        if checked is None or name in checked
    }
    return by_array([block], checks, {})["x"]


def test_the_error_is_relative_to_the_right_gradient():
    def error(grad, right):
        return relative_error(judge(grad, Slopes(right, right)))

    assert error(3.0, 2.0) == 0.5
    assert error(-2.0, 2.0) == 2.0
    assert error(0.0, 0.0) == 0.0
    assert error(1e-9, 0.0) == error(math.nan, 2.0) == math.inf
    assert math.isnan(relative_error(judge(1.0, unknown("concealed"))))


def test_a_matrix_is_mapped_as_it_is():
    (m,) = error_maps(array((2, 3), [[1, 2, 3], [4, 5, 12]], [[1, 2, 3], [4, 5, 6]]))
    assert m.cells("fail") == [(1, 2)]
    assert len(m.cells("pass")) == 5
    assert m.errors.tolist() == [[0, 0, 0], [0, 0, 1]]
    assert (m.place, m.remark, m.index(1, 2)) == ("", "", "[1, 2]")


def test_an_array_of_one_axis_is_a_row():
    (m,) = error_maps(array((3,), [1, 2, 6], [1, 2, 3]))
    assert m.kinds.shape == (1, 3)
    assert m.index(0, 2) == "[2]"


def test_higher_arrays_are_mapped_slice_by_slice():
    right = np.arange(1.0, 25).reshape(2, 3, 2, 2)
    claimed = right.copy()
    claimed[1, 0, 1, 0] *= 2
    maps = list(error_maps(array(right.shape, claimed, right)))
    assert [m.place for m in maps][:2] == ["[0, 0, :, :]", "[0, 1, :, :]"]
    (wrong,) = (m for m in maps if m.cells("fail"))
    assert [wrong.index(*cell) for cell in wrong.cells("fail")] == ["[1, 0, 1, 0]"]


def test_what_was_not_checked_has_no_verdict_and_no_error():
    (m,) = error_maps(array((2, 2), [[1, 2], [3, 4]], [[1, 2], [3, 4]], checked=["x[0, 1]"]))
    assert m.cells("unchecked") == [(0, 0), (1, 0), (1, 1)]
    assert np.isnan(m.errors).sum() == 3


@pytest.mark.parametrize("shape", [(300, 300), (1, 1000), (2, 1000), (1000, 3), (5, 7), (1, 1), (33, 64)])
def test_a_large_map_is_made_of_blocks(shape):
    m = ErrorMap(np.ones(shape, int), np.zeros(shape), shape).within(256, 32)
    assert m.kinds.size <= 256
    assert max(m.kinds.shape) <= 32
    rows, columns = m.kinds.shape
    assert (rows - 1) * m.block[0] < shape[0] <= rows * m.block[0]
    assert m.index(rows - 1, columns - 1).endswith(f"{shape[1]}]") or m.block[1] == 1
    if max(shape) <= 32:
        assert m.block == (1, 1)


def test_a_block_shows_its_worst_entry():
    kinds, errors = np.ones((40, 40), int), np.zeros((40, 40))
    kinds[12, 39], errors[12, 39] = KINDS.index("fail"), 0.25
    kinds[:10, :10], errors[:10, :10] = KINDS.index("unchecked"), np.nan
    m = ErrorMap(kinds, errors, (40, 40)).within(16, 4)
    assert m.cells("fail") == [(1, 3)]
    assert m.errors[1, 3] == 0.25
    assert m.cells("unchecked") == [(0, 0)]
    assert m.index(1, 3) == "[10:20, 30:40]"
    assert m.remark == "each cell shows the worst of 10 × 10 entries"
