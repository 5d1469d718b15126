"""`python -m analyze` is `analyze`."""

from analyze.cli import main

main()
