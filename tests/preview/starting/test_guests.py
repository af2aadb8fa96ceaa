"""Guests of one process of Node's behave as programs with a process of their own do, and all end with it."""

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preview import surroundings
from preview.browser import until
from preview.installation import Installation
from tests.preview.starting.guests import SCRIPT, Guest
from tests.preview.starting.shared import listen

# It answers each line with one that tells which connection it is, and says where.
COUNT = """import { createServer } from "node:net";
let number = 0;
const server = createServer((socket) => {
  console.log(++number);
  const mine = `${number}\\n`;
  socket.on("data", () => socket.write(mine)).on("error", () => {});
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify([server.address().port, process.argv.slice(2)])));
console.log(JSON.stringify(process.env));
"""
Begin = Callable[..., Guest]


@pytest.fixture
def process(installation: Installation, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with listen(
        [installation.node, str(SCRIPT)], str(tmp_path / "s"), surroundings.inside(), subprocess.PIPE
    ) as process:
        yield process
        process.communicate()


@pytest.fixture
def begin(process: "subprocess.Popen[bytes]", tmp_path: Path) -> Begin:
    """A function that begins a guest, whose output is in a file of its name."""
    (tmp_path / "count.mjs").write_text(COUNT)
    (tmp_path / "wrong.mjs").write_text("throw new Error('as it should')")

    def begin(name: str, script: str = "count") -> Guest:
        command = ["node", str(tmp_path / f"{script}.mjs"), name]
        return Guest(str(tmp_path / "s"), command, {"NAME": name}, str(tmp_path / name))

    return begin


def connect(folder: Path, name: str) -> socket.socket:
    """Connect to a guest, as soon as it has said where."""
    until(lambda: (folder / name).exists() and (folder / name).read_text().count("\n") >= 2)
    variables, where, *_ = map(json.loads, (folder / name).read_text().splitlines())
    assert (variables, where[1]) == ({"NAME": name}, [name])
    return socket.create_connection(("127.0.0.1", where[0]))


def answer(connection: socket.socket) -> bytes:
    connection.sendall(b"who?\n")
    return connection.recv(10)


def test_guest_has_its_own_words_variables_output_and_state(begin: Begin, tmp_path: Path) -> None:
    _guests = begin("one"), begin("other")
    with connect(tmp_path, "one") as one, connect(tmp_path, "one") as next, connect(tmp_path, "other") as other:
        assert (answer(one), answer(next), answer(other)) == (b"1\n", b"2\n", b"1\n")
    assert [(tmp_path / name).read_text().splitlines()[2:] for name in ("one", "other")] == [["1", "2"], ["1"]]


def test_its_end_closes_its_port_and_its_connections_and_nobody_elses(begin: Begin, tmp_path: Path) -> None:
    guest, stays = begin("one"), begin("other")
    with connect(tmp_path, "one") as one, connect(tmp_path, "other") as other:
        assert (guest.poll(), answer(one)) == (None, b"1\n")
        guest.kill()
        assert guest.wait() < 0
        assert (one.recv(10), guest.poll(), stays.poll()) == (b"", guest.returncode, None)
        with pytest.raises(ConnectionRefusedError):
            connect(tmp_path, "one")
        assert answer(other) == b"1\n"


def test_what_does_not_start_has_ended_and_said_why(begin: Begin, tmp_path: Path) -> None:
    guest = begin("one", "wrong")
    until(lambda: guest.poll() is not None)
    assert (tmp_path / "one").read_text().startswith("Error: as it should\n")


def test_nothing_outlives_who_holds_its_input(begin: Begin, process: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    guest = begin("one")
    with connect(tmp_path, "one") as one:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
        assert one.recv(10) == b""
    assert guest.wait() < 0
