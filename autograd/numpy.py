"""The name of a module of HIPS autograd: its users are told what to write here."""

if __name__ == "autograd.numpy":
    raise ImportError(
        "autograd.numpy belongs to HIPS autograd, and this is scalar-autograd. Write `import numpy as np`: its "
        "functions work on Values and arrays of Values, and grad(f) on arrays"
    )
raise ImportError(f"{__file__} hides NumPy in the folder autograd/: start Python in the folder above")
