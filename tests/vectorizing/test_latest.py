"""A dict of limited size: which items stay, and that threads may share it."""

from concurrent.futures import ThreadPoolExecutor

from autograd.vectorizing.latest import Latest


class Three(Latest):
    SIZE = 3


def test_the_oldest_items_go_first():
    items = Three()
    for key in "abcd":
        items[key] = key.upper()
    assert items == {"b": "B", "c": "C", "d": "D"}


def test_an_item_that_is_entered_again_is_the_latest():
    items = Three()
    for key in "abcad":
        items[key] = key.upper()
    assert list(items) == ["c", "a", "d"]


def test_threads_may_enter_items_at_once():
    items = Three()

    def enter(thread):
        for i in range(2000):
            items[thread, i % 5] = thread
            assert items.get((thread, i % 5)) in (thread, None)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(enter, range(4)))
    assert len(items) <= 3
    assert all(key[0] == thread for key, thread in items.items())
