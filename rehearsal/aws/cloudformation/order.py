"""Work in order of dependencies, as much at a time as they allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

_AT_ONCE = 16


class CycleError(Exception):
    """Things that wait for each other."""


def run(
    waits_for: Mapping[str, Iterable[str]], work: Callable[[str], None], *, go_on: bool = False
) -> dict[str, Exception]:
    """Do each piece of work when all that it waits for is done; return what failed.

    After a failure nothing more is begun, and what is under way is waited for. With `go_on`, only what waits for
    something that failed is left out. Raises CycleError.
    """
    left = {name: set(others) & waits_for.keys() for name, others in waits_for.items()}
    failures: dict[str, Exception] = {}
    under_way: dict[Future[None], str] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while left or under_way:
            if not failures or go_on:
                for name in [name for name, others in left.items() if not others]:
                    del left[name]
                    under_way[pool.submit(work, name)] = name
            if not under_way:
                if failures:
                    return failures
                raise CycleError(", ".join(sorted(left)))
            for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                name = under_way.pop(done)
                error = done.exception()
                if isinstance(error, Exception):
                    failures[name] = error
                elif error is not None:
                    raise error
                else:
                    for others in left.values():
                        others.discard(name)
    return failures


def reverse(waits_for: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """The order of undoing: what was waited for waits."""
    backward: dict[str, set[str]] = {name: set() for name in waits_for}
    for name, others in waits_for.items():
        for other in others:
            if other in backward:
                backward[other].add(name)
    return backward
