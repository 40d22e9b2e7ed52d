"""A progress bar for what takes longer than a moment, in terminals and notebooks."""

from __future__ import annotations

import builtins
import sys
import warnings
from functools import cache
from time import perf_counter
from typing import Any, Self

__all__ = ["Progress", "progress_bar"]


def progress_bar(total: int | None, unit: str, delay: float, progress: bool | None = None, **options: Any) -> Any:
    """A bar of tqdm that appears after `delay` seconds; by default only where somebody can see it.

    The `options` are those of tqdm, which is loaded only for a bar that is shown.
    """
    in_notebook = "IPKernelApp" in getattr(getattr(builtins, "get_ipython", dict)(), "config", ())
    is_watched = in_notebook or (sys.stderr is not None and sys.stderr.isatty())
    if not (is_watched if progress is None else progress):
        return _Hidden()
    return _tqdm()(total=total, unit=unit, delay=delay, file=sys.stdout if in_notebook else None, **options)


@cache
def _tqdm() -> Any:
    from tqdm import TqdmWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # a notebook without widgets gets a bar made of characters
        from tqdm.auto import tqdm
    return tqdm


class _Hidden:
    """In place of a bar that is not shown: it does nothing, and takes no lock, which Ctrl-C could leave locked."""

    disable = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, n: int = 1) -> None:
        pass

    def set_description_str(self, description: str) -> None:
        pass

    def close(self) -> None:
        pass


class Progress:
    """A line that says what is being done, once the work has lasted longer than `delay` seconds.

    Nothing is shown, or loaded, for shorter work.
    """

    def __init__(self, delay: float = 2.0) -> None:
        self.due = perf_counter() + delay
        self.line: Any = None

    def show(self, stage: str) -> None:
        """Show which stage of the work begins, or how far it is."""
        if perf_counter() < self.due:
            return
        if self.line is None:
            self.line = progress_bar(None, "", 0.0, desc=stage, bar_format="{desc}")
        self.line.set_description_str(stage)

    def close(self) -> None:
        """End the line, if there is one."""
        if self.line is not None:
            self.line.close()
