"""``python -m pi_nn``: the same program as ``pi-nn``."""

from pi_nn.cli import main

if __name__ == "__main__":
    main()
