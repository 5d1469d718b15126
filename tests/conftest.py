"""What all tests share: short and long forms, and counts that are printed at the end."""

from collections.abc import Callable
from typing import Any

import pytest

COUNTS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stress", action="store_true", help="run the long forms of tests that have one")
    parser.addoption(
        "--renew-golden", action="store_true", help="take today's reports as right, and print what changed"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COUNTS] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts of a process of pytest-xdist to the one that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["counts"] = session.config.stash[COUNTS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take the counts of a process that has ended."""
    node.config.stash[COUNTS] += getattr(node, "workeroutput", {}).get("counts", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[COUNTS]:
        terminalreporter.section("counts")
        for line in config.stash[COUNTS]:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def stress(request: pytest.FixtureRequest) -> bool:
    """Whether to run the long form."""
    return bool(request.config.getoption("--stress"))


@pytest.fixture(scope="session")
def report_counts(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Take a line of counts, to be printed after the last test."""
    return request.config.stash[COUNTS].append
