"""The sandbox from inside: test_sandbox.py runs this."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from rehearsal import front
from rehearsal.certificates import Authority
from rehearsal.sandbox import container
from rehearsal.sandbox.container import Mount, Plan
from rehearsal.sandbox.dns import Record
from rehearsal.sandbox.network import AWS, DNS, LOAD_BALANCERS, OWN, PodNetwork
from rehearsal.sandbox.place import Sandbox
from tests.rehearsal.balancing import until


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def pod(sandbox: Sandbox) -> Iterator[PodNetwork]:
    network = sandbox.network.pod("10.0.1.7")
    yield network
    network.close()


class Hello(BaseHTTPRequestHandler):
    """Says who asks."""

    def do_GET(self) -> None:
        body = self.client_address[0].encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hello() -> Iterator[str]:
    """A server at a load balancer's address."""
    address = str(LOAD_BALANCERS[7])
    server = ThreadingHTTPServer((address, 80), Hello)
    Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()
    server.server_close()


def run(
    folder: Path,
    command: Sequence[str],
    network: PodNetwork | None = None,
    *,
    mounts: Sequence[Mount] = (),
    user: int = 0,
    read_only_root: bool = False,
    init: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command as a container; its folder on the machine is another."""
    plan = Plan(
        argv=list(command),
        environment={"PATH": os.environ["PATH"], "HOME": "/home/jovyan"},
        folder="/srv/work",
        host_name="pod-1",
        network=network.namespace if network else None,
        staging=str(folder),
        user=user,
        group=user,
        mounts=list(mounts),
        files={"/etc/resolv.conf": f"nameserver {DNS}\n"},
        read_only_root=read_only_root,
        init=init,
    )
    return subprocess.run(
        container.command(),
        input=plan.encoded().decode(),
        pass_fds=[network.namespace] if network else [],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def links() -> set[str]:
    """The network's interfaces."""
    lines = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[0].partition("@")[0] for line in lines}


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_this_machine_has_no_network_here(sandbox: Sandbox) -> None:
    assert links() == {"lo"}
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection(("203.0.113.1", 80), 5)


def test_a_pod_has_its_address_and_reaches_what_the_sandbox_serves(hello: str, pod: PodNetwork, tmp_path: Path) -> None:
    assert said(run(tmp_path, ["curl", "-sS", f"http://{hello}/"], pod)) == "10.0.1.7"


def test_a_pod_reaches_another_one_at_any_port(sandbox: Sandbox, pod: PodNetwork, tmp_path: Path) -> None:
    other = sandbox.network.pod("10.0.2.9")
    root = tmp_path / "other"
    root.mkdir()
    code = (
        "import socket; server = socket.create_server(('', 80)); print('up', flush=True);"
        "print(server.accept()[1][0], flush=True)"
    )
    plan = Plan(["python3", "-c", code], dict(os.environ), "/", "other", other.namespace, str(root), user=1000)
    serving = subprocess.Popen(
        container.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[other.namespace]
    )
    assert serving.stdin
    assert serving.stdout
    serving.stdin.write(plan.encoded())
    serving.stdin.close()
    assert serving.stdout.readline() == b"up\n"
    run(tmp_path, ["curl", "-s", "-m", "5", "http://10.0.2.9/"], pod)
    assert serving.stdout.readline() == b"10.0.1.7\n"
    serving.wait(10)
    other.close()


def test_a_closed_network_leaves_nothing(sandbox: Sandbox) -> None:
    network = sandbox.network.pod("10.0.3.3")
    assert links() > {"lo"}
    network.close()
    until(lambda: links() == {"lo"})


def test_a_container_has_processes_a_name_and_a_user_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "echo $$; hostname; id -u; pwd; ls /proc | grep -c '^[0-9]'"
    lines = said(run(tmp_path, ["bash", "-c", code], user=1000)).split()
    assert lines[:4] == ["1", "pod-1", "1000", "/srv/work"]
    assert int(lines[4]) < 6


def test_a_container_that_starts_through_an_init_is_not_the_first_process(sandbox: Sandbox, tmp_path: Path) -> None:
    assert said(run(tmp_path, ["sh", "-c", "echo $$"], init=True)) != "1"


def test_a_container_ends_with_its_programs_status(sandbox: Sandbox, tmp_path: Path) -> None:
    codes = [run(tmp_path, ["sh", "-c", f"exit {code}"]).returncode for code in (0, 7)]
    assert (codes, run(tmp_path, ["sh", "-c", "kill -9 $$"], init=True).returncode) == ([0, 7], 137)


def test_a_program_that_is_not_there_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(tmp_path, ["no-such-program"])
    assert (done.returncode, "no-such-program" in done.stderr or "No such file" in done.stderr) == (127, True)


def test_volumes_lie_where_nothing_lies_on_the_machine(sandbox: Sandbox, tmp_path: Path) -> None:
    volume, root = tmp_path / "volume", tmp_path / "root"
    volume.mkdir()
    root.mkdir()
    (volume / "own").write_text("1")
    mounts = [
        Mount(str(volume), "/usr/local/new/folder"),
        Mount(str(volume / "own"), "/etc/one/file.txt", read_only=True),
        Mount(str(volume), "/var/run/secrets/token"),
    ]
    code = "cat /usr/local/new/folder/own /etc/one/file.txt /run/secrets/token/own && echo 2 > /usr/local/new/folder/b"
    assert said(run(root, ["sh", "-c", code], mounts=mounts)) == "111"
    assert ((volume / "b").read_text(), Path("/usr/local/new").exists(), Path("/etc/one").exists()) == (
        "2\n",
        False,
        False,
    )
    assert run(root, ["sh", "-c", "echo 3 > /etc/one/file.txt"], mounts=mounts).returncode != 0


def test_a_container_writes_nothing_on_the_machine(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "for each in /usr /opt /var; do touch $each/new 2>/dev/null && echo $each; done; touch /tmp/own /etc/own"
    assert said(run(tmp_path, ["bash", "-c", code])) == ""
    assert not Path("/etc/own").exists()
    done = run(tmp_path, ["sh", "-c", "touch /tmp/own"], read_only_root=True)
    assert "Read-only file system" in done.stderr


def test_a_container_sees_nobodys_home(sandbox: Sandbox, tmp_path: Path) -> None:
    home = str(Path.home())
    assert said(run(tmp_path, ["sh", "-c", f"ls -A /home; test ! -e {home} || ls -A {home}"])) == "jovyan"


@pytest.mark.parametrize(
    ("name", "found"), [("hub.example.com", True), ("alias.example.com", True), ("no.where", False)]
)
def test_names_are_found_by_the_sandboxs_server(sandbox: Sandbox, name: str, found: bool) -> None:
    sandbox.names.add("hub.example.com", "198.19.0.9")
    alias = [Record("CNAME", "hub.example.com.")]
    sandbox.resolver.sources.append(lambda asked, kind: alias if asked == "alias.example.com" else None)
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(name, 80, socket.AF_INET)}
    except socket.gaierror:
        addresses = set()
    finally:
        sandbox.resolver.sources.pop()
    assert addresses == ({"198.19.0.9"} if found else set())


def test_an_answer_too_long_for_a_datagram_comes_over_tcp(sandbox: Sandbox) -> None:
    texts = [Record("TXT", f'"{number:0200}"') for number in range(20)]
    sandbox.resolver.sources.append(lambda asked, kind: texts if asked == "long.example.com" else None)
    question = struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\4long\7example\3com\0" + struct.pack("!HH", 16, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.sendto(question, (DNS, 53))
        short = asking.recv(4096)
    with socket.create_connection((DNS, 53)) as asking:
        asking.sendall(len(question).to_bytes(2) + question)
        stream = asking.makefile("rb")
        long = stream.read(int.from_bytes(stream.read(2)))
    sandbox.resolver.sources.pop()
    assert (struct.unpack_from("!H", short, 2)[0] & 0x200, struct.unpack_from("!H", short, 6)[0]) == (0x200, 0)
    assert struct.unpack_from("!H", long, 6)[0] == 20


def test_a_forwarded_address_leads_to_its_target(sandbox: Sandbox, hello: str) -> None:
    sandbox.forward(("198.18.0.99", 8080), (hello, 80))
    assert urllib.request.urlopen("http://198.18.0.99:8080/", timeout=5).read().decode() == OWN
    sandbox.forward(("198.18.0.99", 8081), ("198.18.0.98", 80))
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen("http://198.18.0.99:8081/", timeout=5)


def test_a_connection_with_tls_ends_with_the_one_behind_it(sandbox: Sandbox, hello: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "rehearsal")
    front.serve(sandbox, f"http://{hello}", authority, ["eu-central-1"])
    host = "efs.eu-central-1.amazonaws.com"
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    with (
        socket.create_connection((AWS, 443), timeout=5) as plain,
        trusting.wrap_socket(plain, server_hostname=host) as asking,
    ):
        asking.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert asking.makefile("rb").read().endswith(OWN.encode())
