from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rehearsal.sandbox import entry
from rehearsal.sandbox.dns import Names, Record, Resolver
from rehearsal.sandbox.door import RequestError, parsed
from tests.rehearsal.sandboxed import run_inside


@pytest.mark.parametrize("module", ["inside_sandbox.py", "inside_firewall.py"])
def test_the_sandbox_is_a_place_of_its_own(module: str) -> None:
    run_inside(Path(__file__).with_name(module))


def enter(*command: str, door: socket.socket | None = None) -> subprocess.Popen[str]:
    words = entry.command(command, door)
    fds = [door.fileno()] if door else []
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=fds)


@pytest.fixture(scope="module", autouse=True)
def allowed() -> None:
    """Skips where the kernel forbids namespaces."""
    entered = enter("true")
    _, told = entered.communicate()
    if entered.returncode:
        pytest.skip(told)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_command_runs_as_root_and_alone() -> None:
    code = "import os; print(os.geteuid(), sorted(int(each) for each in os.listdir('/proc') if each.isdigit()))"
    entered = enter(*python(code))
    assert entered.communicate()[0] == "0 [1, 2]\n"


@pytest.mark.parametrize(("command", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_the_status_of_the_command_is_handed_on(command: str, status: int) -> None:
    entered = enter("sh", "-c", command)
    entered.communicate()
    assert entered.returncode == status


def test_a_command_that_is_not_there_is_told() -> None:
    entered = enter("no-such-command")
    assert entered.communicate()[1] == "no-such-command: No such file or directory\n"
    assert entered.returncode == 127


def test_a_proxy_of_the_machine_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.com")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com")
    entered = enter("sh", "-c", "env | grep -i ^https*_proxy=")
    assert entered.communicate()[0] == ""


ASKED = """
import signal, sys, threading
asked = threading.Event()  # not signal.pause(): the signal may come before it
signal.signal(signal.SIGINT, lambda *_: (print("asked"), asked.set()))
print("up", flush=True)
asked.wait()
sys.exit(3)
"""


def test_a_signal_reaches_the_command_once() -> None:
    entered = enter(*python(ASKED))
    assert entered.stdout
    assert entered.stdout.readline() == "up\n"
    entered.send_signal(signal.SIGINT)
    assert (entered.communicate()[0], entered.returncode) == ("asked\n", 3)


HOLDING = """
import subprocess, sys
held = int(sys.argv[1])
code = "import os, sys, threading; os.setsid(); print('up', flush=True); threading.Event().wait()"
subprocess.Popen([sys.executable, "-c", code], pass_fds=[held], stdout=subprocess.PIPE).stdout.readline()
"""


@pytest.mark.parametrize("killed", [False, True], ids=["the command ends", "it is killed"])
def test_nothing_is_left_however_it_ends(killed: bool) -> None:
    reading, writing = os.pipe()
    then = "print('up', flush=True)" + ("; import threading; threading.Event().wait()" if killed else "")
    words = entry.command([*python(f"{HOLDING}\n{then}"), str(writing)])
    entered = subprocess.Popen(words, pass_fds=[writing], stdout=subprocess.PIPE, text=True)
    os.close(writing)
    assert entered.stdout
    assert entered.stdout.readline() == "up\n"
    if killed:
        entered.kill()
    entered.communicate(timeout=30)
    assert select.select([reading], [], [], 10)[0], "somebody holds it still"
    os.close(reading)


ENDING = """
import signal, sys, tempfile
from rehearsal import command, folder
tempfile.tempdir = sys.argv[1]
with folder.running() as place:
    command.end_by_signals(place)
    print("up", flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_rehearsal_that_is_ended_leaves_no_folder(number: signal.Signals, tmp_path: Path) -> None:
    entered = enter(*python(ENDING), str(tmp_path))
    assert entered.stdout
    assert entered.stdout.readline() == "up\n"
    made = [each.stat().st_mode & 0o777 for each in tmp_path.iterdir()]
    entered.stdout.close()  # as a terminal that is gone
    entered.send_signal(number)
    assert entered.wait(30) == 128 + number
    assert (made, list(tmp_path.iterdir())) == ([0o700], [])


def test_only_in_the_sandbox_is_a_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from rehearsal.sandbox import entry; print(entry.alone())"
    assert enter(*python(code)).communicate()[0] == "True\n"
    assert not entry.alone()
    monkeypatch.setenv("REHEARSAL_OUTSIDE", str(Path("/proc/self/ns/pid").readlink()))
    assert not entry.alone()


SERVING = """
import asyncio, socket, sys
from rehearsal.sandbox import door, entry

async def answer(reader, writer):
    head = await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n" + head)
    writer.close()

async def main():
    await asyncio.start_server(answer, "127.0.0.1", 8123)
    await door.serve(entry.inherited_door())
    await asyncio.Event().wait()

import subprocess
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
asyncio.run(main())
"""


@pytest.fixture
def door() -> Iterator[str]:
    """The address of a proxy into a sandbox with a server."""
    with entry.door() as listening:
        entered = enter(*python(SERVING), door=listening)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        entered.terminate()
        entered.communicate()


@pytest.mark.parametrize("more", [[], ["--proxytunnel"]], ids=["asked for a page", "asked for a tunnel"])
def test_the_door_leads_into_the_sandbox(door: str, more: Sequence[str]) -> None:
    command = ["curl", "-sS", "-m", "20", "--noproxy", "", "-x", door, *more, "http://127.0.0.1:8123/page?a=1"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert answer.splitlines()[0] == "GET /page?a=1 HTTP/1.1"
    assert "proxy" not in answer.lower()


def test_the_door_says_what_it_cannot_reach(door: str) -> None:
    connection = HTTPConnection(urlsplit(door).netloc, timeout=20)
    connection.request("GET", "http://127.0.0.1:9/")
    answer = connection.getresponse()
    assert (answer.status, "127.0.0.1:9" in answer.read().decode()) == (502, True)


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_request_for_a_page_goes_on_without_what_is_for_the_proxy() -> None:
    request = parsed(
        head("GET http://hub.example.com:81/a?b=c HTTP/1.1", "Host: hub.example.com:81", "Proxy-Connection: keep-alive")
    )
    assert (request.host, request.port, request.tunnel) == ("hub.example.com", 81, False)
    assert request.opening == head("GET /a?b=c HTTP/1.1", "Host: hub.example.com:81", "Connection: close")


def test_a_request_for_a_websocket_stays_one() -> None:
    request = parsed(head("GET http://hub/ HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket"))
    assert request.opening == head("GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade")


def test_a_request_for_a_tunnel_has_no_opening() -> None:
    request = parsed(head("CONNECT [::1]:8443 HTTP/1.1"))
    assert (request.host, request.port, request.opening, request.tunnel) == ("::1", 8443, b"", True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("GET / HTTP/1.1", "This is the proxy of a rehearsal: ask it for http://…, or CONNECT."),
        ("GET https://hub/ HTTP/1.1", "A proxy is asked for http://…, and to CONNECT for https://hub/"),
        ("nonsense", "This is no HTTP request: nonsense"),
        ("CONNECT hub:port HTTP/1.1", "This is no HTTP request: CONNECT hub:port HTTP/1.1"),
    ],
)
def test_what_is_not_for_a_proxy_is_refused(line: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        parsed(head(line))
    assert str(error.value) == message


def question(name: str, kind: int, flags: int = 0x100) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", 7, flags, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


@pytest.fixture
def resolver() -> Resolver:
    names = Names()
    names.add("Hub.example.com.", "198.19.0.9")
    records = {
        "alias.example.com": [Record("CNAME", "hub.example.com.")],
        "round.example.com": [Record("CNAME", "round.example.com.")],
        "text.example.com": [Record("TXT", '"a b" "c"')],
        "odd.example.com": [Record("NAPTR", "something")],
    }
    return Resolver([names, lambda name, kind: records.get(name)])


@pytest.mark.parametrize(
    ("name", "kind", "status", "answers"),
    [
        pytest.param("HUB.example.com", 1, 0, 1, id="a name, however it is written"),
        pytest.param("hub.example.com", 28, 0, 0, id="a name without such a record"),
        pytest.param("alias.example.com", 1, 0, 2, id="an alias and what it is for"),
        pytest.param("none.example.com", 1, 3, 0, id="no such name"),
        pytest.param("text.example.com", 16, 0, 1, id="texts"),
        pytest.param("odd.example.com", 35, 2, 0, id="a record that cannot be written"),
        pytest.param("round.example.com", 1, 0, 8, id="an alias of itself"),
    ],
)
def test_questions_are_answered(resolver: Resolver, name: str, kind: int, status: int, answers: int) -> None:
    answer = resolver.answer(question(name, kind))
    id, flags, _, count = struct.unpack_from("!HHHH", answer)
    assert (id, flags & 0xF, count) == (7, status, answers)


def test_a_text_is_sent_in_its_parts(resolver: Resolver) -> None:
    assert resolver.answer(question("text.example.com", 16)).endswith(b"\3a b\1c")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        pytest.param(b"\0\7nonsense", 1, id="no question"),
        pytest.param(question("hub.example.com", 1, flags=0x2800), 4, id="no query"),
    ],
)
def test_what_is_no_question_is_refused(resolver: Resolver, message: bytes, status: int) -> None:
    assert struct.unpack_from("!H", resolver.answer(message), 2)[0] & 0xF == status


def test_a_name_can_be_taken_away() -> None:
    names = Names()
    names.add("hub.example.com", "198.19.0.9")
    resolver = Resolver([names])
    before = resolver.addresses("hub.example.com")
    names.remove("hub.example.com")
    assert (before, resolver.addresses("hub.example.com")) == (["198.19.0.9"], [])


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "sudo sysctl -w {name}=0"),
        ("user.max_user_namespaces", "0", "sudo sysctl -w {name}=10000"),
        ("none.such", "", "In a container, it must be a privileged one; on Linux itself, run it as root."),
    ],
)
def test_who_may_not_enter_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, advice: str
) -> None:
    monkeypatch.setattr(entry, "_setting", lambda asked: value if asked == name else "")
    assert entry.advice(PermissionError(1, "Operation not permitted")).endswith(advice.format(name=name))


def test_the_machine_is_as_it_was(tmp_path: Path) -> None:
    def state() -> tuple[str, str]:
        return Path("/etc/resolv.conf").read_text(), Path("/proc/self/mountinfo").read_text()

    before = state()
    code = "from rehearsal.sandbox.place import Sandbox\nwith Sandbox(): print(open('/etc/resolv.conf').read())"
    assert "198.18.0.2" in enter(*python(code)).communicate()[0]
    assert state() == before
