"""A progress bar for what takes longer than a moment, in terminals and notebooks."""

from __future__ import annotations

import builtins
import sys
import warnings
from typing import Any

__all__ = ["progress_bar"]


def progress_bar(total: int, unit: str, delay: float, progress: bool | None = None) -> Any:
    """A bar of tqdm that appears after `delay` seconds; by default only where somebody can see it."""
    from tqdm import TqdmWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # a notebook without widgets gets a bar made of characters
        from tqdm.auto import tqdm
    in_notebook = "IPKernelApp" in getattr(getattr(builtins, "get_ipython", dict)(), "config", ())
    is_watched = in_notebook or (sys.stderr is not None and sys.stderr.isatty())
    return tqdm(
        total=total,
        unit=unit,
        delay=delay,
        disable=not (is_watched if progress is None else progress),
        file=sys.stdout if in_notebook else None,
    )
