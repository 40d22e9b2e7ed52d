"""``python -m autograd "(w*x + b)**2" w=0.5 x=2 b=1``: see `autograd.cli.main`."""

import sys

from autograd.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
