"""`python -m collect` is `collect`."""

from collect.cli.main import main

main()
