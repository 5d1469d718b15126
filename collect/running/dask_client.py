"""The connection to a Dask scheduler: made within its time, and nothing that comes by it is unpickled."""

import logging
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, cast

from collect.errors import RunError, UsageError

_LOOK_EVERY_S = 0.1


@contextmanager
def connected(address: str, timeout_s: float) -> Iterator[Any]:
    """Connect to a scheduler as a client.

    Raises
    ------
    UsageError
        `distributed` is not installed.
    RunError
        What answers at the address within the time, if anything does, is no Dask scheduler.
    """
    deadline = time.monotonic() + timeout_s  # what is imported takes a second, or five on a busy machine
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "--cluster needs a package that is not installed: pip install 'minima-census[dask]'"
        ) from error
    # What happens to the connection is told in one line, not in Dask's log.
    logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
    _never_unpickle()
    client = _connect(address, timeout_s, deadline)
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=1)


def _connect(address: str, timeout_s: float, deadline: float) -> Any:
    """Return a client, made in another thread: Dask waits without end for the answer of a silent port."""
    made: list[Any] = []
    failed: list[Exception] = []

    def make() -> None:
        import distributed

        make_client: Any = distributed.Client
        try:
            with warnings.catch_warnings():  # the versions that matter are compared by the tasks
                warnings.simplefilter("ignore")
                made.append(
                    make_client(
                        address,
                        timeout=timeout_s,
                        set_as_default=False,
                        serializers=["msgpack"],
                        deserializers=["msgpack"],
                    )
                )
        # whatever another kind of server makes of Dask, or Dask of its answer
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=make, daemon=True, name="connecting to the scheduler")
    thread.start()
    while thread.is_alive() and time.monotonic() < deadline:
        thread.join(_LOOK_EVERY_S)
    if made:
        return made[0]
    raise RunError(
        f"no Dask scheduler answers at {address}: start one with `dask scheduler`, "
        "and workers with `dask worker ADDRESS`, or correct --cluster"
    ) from (failed[0] if failed else None)


def _never_unpickle() -> None:
    """Keep Dask's client from unpickling anything in this process, from here on.

    A pickle runs what its writer likes, and Dask passes on the pickles of anyone who reaches the scheduler.
    Choosing other serializers for a client is not enough: pickles in events, errors and types of results
    are read whatever was chosen. What was pickled comes as the bytes that it is.
    """
    client, pickle, serialize = (
        cast("Any", import_module(f"distributed.{name}"))
        for name in ("client", "protocol.pickle", "protocol.serialize")
    )
    client.loads = pickle.loads = _refuse
    # `warn` unpickles what anyone logs under this name, `print` prints it
    client.Client._default_event_handlers = {}
    for name in ("dask", "pickle"):
        dumps, _, _ = serialize.families[name]
        serialize.register_serialization_family(name, dumps, _unread)


def _refuse(_content: object, **_buffers: object) -> Any:
    raise TypeError("pickles are not read")


def _unread(_header: object, frames: Any) -> bytes:
    return b"".join(bytes(frame) for frame in frames)
