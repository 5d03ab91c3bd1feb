"""Run the tests side by side: `--forks N` collects them once, then runs their files in N forked processes.

Each process of pytest-xdist would collect them itself, which takes six seconds of CPU. The tests of a file run in one
process, in order, so that the fixtures of a module are set up once. Many tests wait for our processes, so that a
machine needs more forks than it has cores.
"""

import atexit
import os
from collections import deque
from contextlib import suppress
from itertools import groupby
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from traceback import format_exc
from typing import Any

import pytest

from shared.ops.parent import bind_to_parent

Items = deque[pytest.Item]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of this module."""
    parser.addoption("--forks", type=int, default=0, metavar="N", help="run the tests in N processes")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run all tests in forks if there is something to run and `--forks` was given."""
    option = session.config.option
    if not option.forks or option.collectonly or session.testsfailed:
        return None
    Crew(session).run(option.forks)
    return True


class Fork:
    """A process that runs tests, as its parent sees it."""

    def __init__(self, pid: int, connection: Connection, items: Items) -> None:
        self.pid, self.connection = pid, connection
        self.items = items  # of its current file, those that it has not taken
        self.taken: Items = deque()  # those that it has not started
        self.item: pytest.Item | None = None  # the latest that it has started
        self.running = False  # whether that one has not finished
        self.error = ""


class Crew:
    """The forks and the files that none of them has taken."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._items = {item.nodeid: item for item in session.items}
        self._numbers = {item.nodeid: number for number, item in enumerate(session.items)}
        files = groupby(session.items, lambda item: item.path)
        self._files: deque[Items] = deque(deque(items) for _, items in files)
        self._forks: list[Fork] = []

    def run(self, count: int) -> None:
        """Run every test. Raises pytest's exceptions for `--exitfirst` and the like."""
        try:
            for _ in range(count):
                self._start(deque())
            while self._forks:
                for ready in wait([fork.connection for fork in self._forks]):
                    self._listen(next(fork for fork in self._forks if fork.connection is ready))
        finally:
            for fork in self._forks:  # they end with their current test
                fork.connection.close()
                os.waitpid(fork.pid, 0)
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        if self._session.shouldstop:
            raise self._session.Interrupted(self._session.shouldstop)

    def _start(self, items: Items) -> None:
        ours, theirs = Pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            bind_to_parent(parent)
            ours.close()
            for other in self._forks:
                other.connection.close()
            work(self._session, theirs)
        theirs.close()
        self._forks.append(Fork(pid, ours, items))

    def _listen(self, fork: Fork) -> None:
        """Answer one message of a fork, or note its end."""
        hook = self._session.config.hook
        word, value = receive(fork.connection)
        if word == "end":
            self._report_end(fork)
        elif word == "next":
            item = self._take(fork)
            with suppress(ConnectionError):  # it has died
                fork.connection.send(None if item is None else self._numbers[item.nodeid])
        elif word == "start":
            fork.item, fork.running = fork.taken.popleft(), True
            hook.pytest_runtest_logstart(nodeid=value, location=fork.item.location)
        elif word == "error":
            fork.error = value
        elif word == "finish":
            fork.running = False
            hook.pytest_runtest_logfinish(nodeid=value, location=self._items[value].location)
        else:
            report = hook.pytest_report_from_serializable(config=self._session.config, data=value)
            hook.pytest_runtest_logreport(report=report)

    def _take(self, fork: Fork) -> pytest.Item | None:
        """Take the next test for a fork: of its file, or of the next file."""
        if self._session.shouldfail or self._session.shouldstop:
            return None
        if not fork.items and self._files:
            fork.items = self._files.popleft()
        if fork.items:
            fork.taken.append(fork.items.popleft())
            return fork.taken[-1]
        return None

    def _report_end(self, fork: Fork) -> None:
        """Report the test that ended its process, and run the rest of the file in another one."""
        self._forks.remove(fork)
        fork.connection.close()
        code = os.waitstatus_to_exitcode(os.waitpid(fork.pid, 0)[1])
        if code == 0 and not fork.running and not fork.taken:
            return
        assert fork.item is not None, f"a fork ended with {code} before its first test"
        text = f"The process of the test ended with {code}.\n{fork.error}"
        death = pytest.TestReport(fork.item.nodeid, fork.item.location, {}, "failed", text, "call")
        self._session.config.hook.pytest_runtest_logreport(report=death)
        self._start(fork.taken + fork.items)


class Reporter:
    """Sends what happens in a fork to its parent."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config, self._connection = config, connection

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Send the start of a test."""
        self._connection.send(("start", nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Send the report of a test's setup, call or teardown."""
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._connection.send(("report", data))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Send the end of a test."""
        self._connection.send(("finish", nodeid))


def work(session: pytest.Session, connection: Connection) -> None:
    """Run the tests that the parent sends, and end this process."""
    code = 1
    try:
        silence(session.config)
        session.config.pluginmanager.register(Reporter(session.config, connection), "fork-reporter")
        item = request_test(session, connection)
        while item is not None:
            following = request_test(session, connection)  # it decides which fixtures are torn down
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            item = following
        code = 0
    except BaseException:
        with suppress(ConnectionError):
            connection.send(("error", format_exc()))
    finally:
        atexit._run_exitfuncs()
        os._exit(code)


def receive(connection: Connection) -> tuple[str, Any]:
    """Receive a message, which is "end" if the process at the other end has ended."""
    with suppress(EOFError, ConnectionError):
        word, value = connection.recv()
        return word, value
    return "end", None


def request_test(session: pytest.Session, connection: Connection) -> pytest.Item | None:
    """Request the next test from the parent, and return it."""
    connection.send(("next", None))
    number = connection.recv()
    return None if number is None else session.items[number]


def silence(config: pytest.Config) -> None:
    """Print nothing but the captured output of tests: the parent reports them."""
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):
        os.dup2(nowhere, number)
    capture.start_global_capturing()
    capture.suspend_global_capture()
