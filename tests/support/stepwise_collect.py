"""`collect` in small blocks, which goes on only as far as it is told.

Its first argument is the file descriptor of a connection, the others are those of `collect`. Wherever the
collection looks for an interruption (once when its workers have been started, then whenever it has
heard something of them) it takes a step; before the first one, and after so many steps as it was told,
it says HELD and waits for the next number. Its workers go on meanwhile, to the end of their block.
"""

import sys
from multiprocessing.connection import Connection

HELD = "held"
# Runs a block: two workers may end so many each while the collection is held.
BLOCK = 4


def go_in_steps(connection: Connection) -> None:
    from collect.running import interruption

    check, n_left = interruption.check, 0

    def step() -> None:
        nonlocal n_left
        if n_left == 0:
            connection.send(HELD)
            n_left = connection.recv()
        n_left -= 1
        check()

    interruption.check = step


if __name__ == "__main__":
    from collect.cli.main import main
    from collect.running import blocks

    blocks.LARGEST_BLOCK = BLOCK
    go_in_steps(Connection(int(sys.argv.pop(1))))
    main()
