"""Pictures one after the other, in one file: a page for each, or an animation."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

__all__ = ["animated", "paged"]

SECONDS, LAST_SECONDS = 1.6, 5.0
"""The time for which each picture of an animation is shown, and the last one."""


def paged(pictures: Sequence[bytes]) -> bytes:
    """A PDF file with a page for each of several PDF pictures; raises ImportError if pypdf is missing."""
    try:
        from pypdf import PdfWriter
    except ImportError:
        raise ImportError("steps in one PDF need pypdf: pip install 'scalar-autograd[slides]'") from None
    pages, file = PdfWriter(), BytesIO()
    for picture in pictures:
        pages.append(BytesIO(picture))
    pages.write(file)
    return file.getvalue()


def animated(pictures: Sequence[bytes]) -> bytes:
    """An animated GIF of several PNG pictures, which runs again and again; raises ImportError if Pillow is missing."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("steps in one GIF need Pillow: pip install 'scalar-autograd[slides]'") from None
    frames = [Image.open(BytesIO(picture)).convert("RGB") for picture in pictures]
    frames = [frame.quantize(128, dither=Image.Dither.NONE) for frame in frames]
    seconds = [SECONDS] * (len(frames) - 1) + [LAST_SECONDS]
    file = BytesIO()
    durations = [round(1000 * each) for each in seconds]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, disposal=1)
    return file.getvalue()
