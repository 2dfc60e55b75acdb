"""`python -m gti` is `gti`."""

from gti.cli import main

if __name__ == "__main__":
    main()
