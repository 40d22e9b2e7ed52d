"""The words of Python itself in messages, which differ from version to version."""

__all__ = ["said_by_python"]


def said_by_python(fails):
    """The message of the error that a function raises."""
    try:
        fails()
    except (ArithmeticError, ValueError) as error:
        return str(error)
    raise AssertionError("no error was raised")
