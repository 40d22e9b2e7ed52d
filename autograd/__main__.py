"""The command line.

``python -m autograd "(w*x + b)**2" w=0.5 x=2 b=1``: a formula, see `autograd.cli.main`.
``python -m autograd check student.py``: the gradients in a file, see `autograd.cli.check`.
"""

import sys

from autograd.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
