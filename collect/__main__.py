"""`python -m collect` is `collect`."""

from collect.cli import main

main()
