"""`python -m psephos`: the command line."""

from psephos.cli import main

if __name__ == "__main__":
    main()
