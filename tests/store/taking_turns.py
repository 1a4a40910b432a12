"""Threads that take turns at the table: of several, only one has a call under way, and a list says whose is next.

moto cannot take two transactions at once. It need not: on DynamoDB, too, one comes before the other.
"""

from collections.abc import Callable, Sequence
from threading import Condition, Thread, get_ident
from typing import Any

from tests.faults.calls import seen


class Turns:
    """Runs functions in threads of their own; `order` (taken round and round) chooses among those that want to call."""

    def __init__(self, order: Sequence[int]) -> None:
        self._order, self._taken = order, 0
        self._state = Condition()
        self._working = set[int]()  # threads that run, or whose call does
        self._waiting = list[int]()  # threads before a call
        self.calls: list[str] = []

    def run(self, functions: Sequence[Callable[[], Any]]) -> list[Any]:
        """Give what the functions gave, in their order."""
        results: list[Any] = [None] * len(functions)
        threads = [Thread(target=self._do, args=(one, results, number)) for number, one in enumerate(functions)]
        with seen("before-call", self._before):
            for thread in threads:
                with self._state:
                    thread.start()
                    self._working.add(int(thread.ident or 0))
            for thread in threads:
                thread.join()
        return results

    def _do(self, function: Callable[[], Any], results: list[Any], number: int) -> None:
        try:
            results[number] = function()
        except Exception as failed:  # noqa: BLE001  the test compares it
            results[number] = failed
        finally:
            with self._state:
                self._working.discard(get_ident())
                self._next()

    def _before(self, name: str, _: dict[str, Any]) -> None:
        """Wait for the turn: nobody else is at work, and this thread is the one chosen."""
        me = get_ident()
        with self._state:
            self.calls.append(name)
            self._working.discard(me)
            self._waiting.append(me)
            self._next()
            self._state.wait_for(lambda: me in self._working)

    def _next(self) -> None:
        if self._working or not self._waiting:
            return
        chosen = self._order[self._taken % len(self._order)] % len(self._waiting)
        self._taken += 1
        self._working.add(self._waiting.pop(chosen))
        self._state.notify_all()
