"""Nodes and pods of a cluster of the stand-in, in the sandbox: test_kubelet.py runs this."""

from __future__ import annotations

import json
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rehearsal import front
from rehearsal.aws import Cloud, Server
from rehearsal.aws.eks.store import ClusterId
from rehearsal.certificates import Authority
from rehearsal.clusters import LocalClusters
from rehearsal.kubelet.kubelet import Everywhere, Kubelet
from rehearsal.kubelet.pods import NOTHING_RUNS
from rehearsal.kubernetes import objects
from rehearsal.kubernetes.control_plane import ControlPlane
from rehearsal.kubernetes.objects import NotFoundError
from rehearsal.kubernetes.programs import Program, Table
from rehearsal.sandbox.place import Sandbox
from tests.rehearsal.balancing import until
from tests.rehearsal.conftest import CACHE
from tests.rehearsal.functions import role
from tests.rehearsal.rehearsed import network
from tests.rehearsal.stacks import ACCOUNT, REGION

NAME = "kubelet"
NODES = "/api/v1/nodes"
CORE = "/api/v1/namespaces/default"
PURPOSE = {"purpose": "core"}

# Says what its container sees: `/run?CODE` runs Python there.
TELLER = """
import json, os, signal, sys, threading, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Teller(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/healthy":
            answer = ""
        else:
            scope = {"os": os}
            try:
                answer = eval(urllib.parse.unquote(self.path.partition("?")[2]), scope)
            except Exception as error:
                answer = repr(error)
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

def end(number, frame):
    print("asked to end", flush=True)
    os._exit(0)

signal.signal(signal.SIGTERM, end)
print("up", sys.argv[1:], flush=True)
ThreadingHTTPServer(("", 8000), Teller).serve_forever()
"""
CONNECT = "__import__('socket').create_connection({}, 1).close()"
PROGRAMS = {
    "example.com/teller": Program(
        entrypoint=(sys.executable, "-c", TELLER),
        environment={"HOME": "/home/jovyan", "OF": "the image"},
        user=1000,
        group=100,
        folder="/home/jovyan",
        shown=(sys.base_prefix, sys.prefix),
    )
}

CONTAINER = {
    "name": "main",
    "image": "example.com/teller:1",
    "readinessProbe": {"httpGet": {"path": "/healthy", "port": 8000}, "periodSeconds": 1},
}


@dataclass
class Cluster:
    cloud: Cloud
    plane: ControlPlane
    kubelet: Kubelet
    sandbox: Sandbox
    storage: Path

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: str = "") -> dict[str, Any]:
        return objects.ask(self.plane, method, path, body, kind or "application/json")

    def list(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.ask("GET", path)["items"]
        return items

    def merge(self, path: str, change: Mapping[str, Any]) -> None:
        self.ask("PATCH", path, change, "application/merge-patch+json")

    def there(self, path: str) -> bool:
        try:
            self.ask("GET", path)
        except NotFoundError:
            return False
        return True

    def nodes(self, **labels: str) -> dict[str, dict[str, Any]]:
        """The nodes with some labels, by name."""
        return {
            each["metadata"]["name"]: each
            for each in self.list(NODES)
            if labels.items() <= each["metadata"]["labels"].items()
        }

    def ready(self, name: str) -> dict[str, Any]:
        """A pod, as soon as it is ready."""

        def found() -> dict[str, Any]:
            pod = self.ask("GET", f"{CORE}/pods/{name}")
            conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", ())}
            return pod if conditions.get("Ready") == "True" else {}

        return until(found, 30)

    def run(self, pod: Mapping[str, Any], code: str) -> Any:
        """What Python says in a pod."""
        url = f"http://{pod['status']['podIP']}:8000/run?{quote(code)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)


_numbers = count(1)
Start = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def cluster(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("kubelet")
    clusters = LocalClusters(folder / "kubernetes", CACHE.absolute())
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        server = stack.enter_context(Server(folder / "aws", clusters, modules=folder, charts=folder))
        stack.callback(clusters.stop_all)
        authority = Authority(folder / "certificates", "rehearsal")
        sandbox.resolver.sources.append(front.names)
        front.serve(sandbox, server.url, authority, [REGION])
        cloud = server.cloud(ACCOUNT, REGION)
        _, subnets = network(cloud)
        eks, arn = cloud.client("eks"), role(cloud, "nodes")
        eks.create_cluster(name=NAME, version="1.35", roleArn=arn, resourcesVpcConfig={"subnetIds": subnets})
        plane = clusters.running[ClusterId(ACCOUNT, REGION, NAME)]
        kubelet = Kubelet(
            sandbox,
            ClusterId(ACCOUNT, REGION, NAME),
            plane,
            cloud,
            Table(PROGRAMS),
            folder=folder / "nodes",
            storage=folder / "storage",
            everywhere=Everywhere(
                environment={"OF": "every container", "AWS_CA_BUNDLE": "/etc/trusted"},
                files={"/etc/every": "where", "/etc/trusted": authority.certificate.read_text()},
            ),
        )
        kubelet.start()
        stack.callback(kubelet.stop)
        taint = {"key": "efs.csi.aws.com/agent-not-ready", "effect": "NO_EXECUTE"}
        group = {"clusterName": NAME, "nodeRole": arn, "instanceTypes": ["t3.large"]}
        eks.create_nodegroup(
            **group,
            nodegroupName="core",
            subnets=subnets,
            labels=PURPOSE,
            taints=[taint],
            scalingConfig={"minSize": 2, "maxSize": 3, "desiredSize": 2},
        )
        dedicated = {"key": "dedicated", "value": "user", "effect": "NO_SCHEDULE"}
        eks.create_nodegroup(
            **group,
            nodegroupName="user",
            subnets=subnets,
            labels={"purpose": "user"},
            taints=[dedicated],
            scalingConfig={"minSize": 0, "maxSize": 1, "desiredSize": 0},
        )
        found = Cluster(cloud, plane, kubelet, sandbox, folder / "storage")
        until(lambda: len(found.nodes()) == 2, 30)
        yield found


@pytest.fixture(scope="module")
def drivers(cluster: Cluster) -> None:
    """Storage drivers on the nodes."""
    settings = {"aws-ebs-csi-driver": '{"node": {"reservedVolumeAttachments": 3}}'}
    for name in ("aws-ebs-csi-driver", "aws-efs-csi-driver", "aws-mountpoint-s3-csi-driver", "coredns"):
        cluster.cloud.client("eks").create_addon(
            clusterName=NAME, addonName=name, configurationValues=settings.get(name, "")
        )
    until(lambda: not any("taints" in node["spec"] for node in cluster.nodes().values()), 30)
    until(lambda: len(registered(cluster)) == 3, 30)  # Mountpoint's waits for no taint


def registered(cluster: Cluster) -> dict[str, Any]:
    """The drivers by name, with how many volumes of each a node takes."""
    found = cluster.list("/apis/storage.k8s.io/v1/csinodes")
    return {driver["name"]: driver.get("allocatable") for each in found for driver in each["spec"]["drivers"]}


@pytest.fixture
def start(cluster: Cluster, drivers: None) -> Iterator[Start]:
    """Starts a pod; it is gone when the test has ended."""
    names = []

    def make(pod: Mapping[str, Any] | None = None, /, **container: Any) -> dict[str, Any]:
        name = f"pod-{next(_numbers)}"
        names.append(name)
        spec = {"terminationGracePeriodSeconds": 5, **(pod or {}).get("spec", {})}
        spec["containers"] = [{**CONTAINER, **container}]
        metadata = {"name": name, **(pod or {}).get("metadata", {})}
        cluster.ask("POST", f"{CORE}/pods", {"metadata": metadata, "spec": spec})
        return {"name": name}

    yield make
    for name in names:
        if cluster.there(f"{CORE}/pods/{name}"):
            cluster.ask("DELETE", f"{CORE}/pods/{name}?gracePeriodSeconds=0")


def test_a_group_has_the_nodes_that_it_wants_in_different_zones(cluster: Cluster) -> None:
    nodes = cluster.nodes(**PURPOSE).values()
    zones = {each["metadata"]["labels"]["topology.kubernetes.io/zone"] for each in nodes}
    assert zones == {f"{REGION}a", f"{REGION}b"}


def test_a_node_is_an_instance(cluster: Cluster) -> None:
    node = next(iter(cluster.nodes().values()))
    zone, id = node["spec"]["providerID"].removeprefix("aws:///").split("/")
    (reservation,) = cluster.cloud.client("ec2").describe_instances(InstanceIds=[id])["Reservations"]
    (instance,) = reservation["Instances"]
    address = next(each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP")
    assert (instance["Placement"]["AvailabilityZone"], instance["PrivateIpAddress"]) == (zone, address)
    assert node["status"]["allocatable"]["cpu"] == "1930m"


def test_a_storage_driver_takes_its_startup_taint_off(cluster: Cluster, drivers: None) -> None:
    assert registered(cluster).keys() == {
        "ebs.csi.aws.com",
        "efs.csi.aws.com",
        "s3.csi.aws.com",
    }


def test_a_node_takes_as_many_volumes_as_its_type_but_those_that_others_need(cluster: Cluster, drivers: None) -> None:
    assert registered(cluster) == {"ebs.csi.aws.com": {"count": 24}, "efs.csi.aws.com": None, "s3.csi.aws.com": None}


def test_a_container_has_its_variables(cluster: Cluster, start: Start) -> None:
    cluster.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": "colours"}, "data": {"sky": "blue"}})
    cluster.ask("POST", f"{CORE}/secrets", {"metadata": {"name": "words"}, "stringData": {"pass": "word"}})
    env = [
        {"name": "SKY", "valueFrom": {"configMapKeyRef": {"name": "colours", "key": "sky"}}},
        {"name": "PASS", "valueFrom": {"secretKeyRef": {"name": "words", "key": "pass"}}},
        {"name": "NONE", "valueFrom": {"secretKeyRef": {"name": "words", "key": "none", "optional": True}}},
        {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        {"name": "BOTH", "value": "$(SKY) $(ME) $(OTHER) $$(SKY)"},
    ]
    sources = [{"prefix": "ALL_", "configMapRef": {"name": "colours"}}]
    pod = cluster.ready(start(env=env, envFrom=sources, resources={"limits": {"cpu": "100m"}})["name"])
    seen = cluster.run(pod, "dict(os.environ)")
    me = pod["metadata"]["name"]
    expected = {
        "SKY": "blue",
        "PASS": "word",
        "ME": me,
        "CPUS": "1",
        "BOTH": f"blue {me} $(OTHER) $(SKY)",
        "ALL_sky": "blue",
        "KUBERNETES_SERVICE_HOST": "10.100.0.1",
        "HOSTNAME": me,
        "OF": "every container",
    }
    assert {key: seen.get(key) for key in expected} == expected
    assert "NONE" not in seen


def test_a_container_is_who_its_pod_says(cluster: Cluster, start: Start) -> None:
    security = {"runAsUser": 1234, "runAsNonRoot": True, "readOnlyRootFilesystem": True}
    pod = cluster.ready(start(securityContext=security)["name"])
    assert cluster.run(pod, "[os.getuid(), os.getpid(), os.getcwd()]") == [1234, 1, "/home/jovyan"]
    assert "Read-only" in cluster.run(pod, "os.mkdir('/tmp/new')")


def test_a_container_sees_nobodys_home_and_writes_nothing_on_the_machine(cluster: Cluster, start: Start) -> None:
    pod = cluster.ready(start()["name"])
    assert (cluster.run(pod, "os.listdir('/home')"), cluster.run(pod, "open('/etc/every').read()")) == (
        ["jovyan"],
        "where",
    )
    assert "Read-only" in cluster.run(pod, "os.mkdir('/usr/new')")
    assert cluster.run(pod, "os.mkdir('/tmp/new')") is None


def test_volumes_are_seen_where_the_pod_mounts_them_and_follow_what_they_show(cluster: Cluster, start: Start) -> None:
    path = f"{CORE}/configmaps/files"
    cluster.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": "files"}, "data": {"a.py": "1", "b.py": "2"}})
    volumes = [
        {"name": "files", "configMap": {"name": "files"}},
        {"name": "some", "configMap": {"name": "files", "items": [{"key": "b.py", "path": "deep/c.py"}]}},
        {"name": "scratch", "emptyDir": {}},
    ]
    mounts = [
        {"name": "files", "mountPath": "/usr/local/etc/jupyterhub/config/"},
        {"name": "files", "mountPath": "/usr/local/etc/jupyterhub/own.py", "subPath": "a.py"},
        {"name": "some", "mountPath": "/etc/some"},
        {"name": "scratch", "mountPath": "/srv/jupyterhub"},
    ]
    pod = cluster.ready(start({"spec": {"volumes": volumes}}, volumeMounts=mounts)["name"])

    def read(file: str) -> Any:
        return cluster.run(pod, f"open({file!r}).read()")

    assert (read("/usr/local/etc/jupyterhub/config/b.py"), read("/etc/some/deep/c.py")) == ("2", "2")
    assert cluster.run(pod, "os.mkdir('/srv/jupyterhub/new')") is None
    assert "Read-only" in cluster.run(pod, "os.mkdir('/etc/some/new')")
    cluster.merge(path, {"data": {"a.py": "new", "b.py": None}})
    until(lambda: read("/usr/local/etc/jupyterhub/config/a.py") == "new", 10)
    assert cluster.run(pod, "os.path.exists('/usr/local/etc/jupyterhub/config/b.py')") is False
    assert read("/usr/local/etc/jupyterhub/own.py") == "1", "what is mounted by subPath stays"


def test_a_pod_calls_the_api_server_as_its_service_account(cluster: Cluster, start: Start) -> None:
    pod = cluster.ready(start()["name"])
    code = """__import__('subprocess').run(['curl', '-s', '--cacert', P + 'ca.crt', '-H', 'Authorization: Bearer '
        + open(P + 'token').read(), 'https://kubernetes.default.svc/api/v1/secrets'], capture_output=True,
        text=True).stdout""".replace("P +", "'/var/run/secrets/kubernetes.io/serviceaccount/' +")
    assert "system:serviceaccount:default:default" in json.loads(cluster.run(pod, code.replace("\n", " ")))["message"]


def test_a_pod_gets_the_credentials_of_its_service_accounts_role(cluster: Cluster, start: Start) -> None:
    cluster.ask("POST", f"{CORE}/serviceaccounts", {"metadata": {"name": "reader"}})
    arn = role(cluster.cloud, "reader")
    cluster.cloud.client("eks").create_pod_identity_association(
        clusterName=NAME, namespace="default", serviceAccount="reader", roleArn=arn
    )
    pod = cluster.ready(start({"spec": {"serviceAccountName": "reader"}})["name"])
    code = "__import__('boto3').client('sts').get_caller_identity()['Arn']"
    assert cluster.run(pod, code).startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/")


def test_a_service_leads_to_pods_that_are_ready(cluster: Cluster, start: Start) -> None:
    spec = {"selector": {"app": "told"}, "ports": [{"port": 80, "targetPort": "http"}]}
    service = cluster.ask("POST", f"{CORE}/services", {"metadata": {"name": "told"}, "spec": spec})
    url = f"http://{service['spec']['clusterIP']}/healthy"
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(url, timeout=10)
    probe = {"httpGet": {"path": "/healthy", "port": "http"}}
    ports = [{"name": "http", "containerPort": 8000}]
    pod = {"metadata": {"labels": {"app": "told"}}}
    one, other = (start(pod, ports=ports, readinessProbe=probe)["name"] for _ in range(2))
    asking = cluster.ready(one)
    cluster.ready(other)

    def names() -> set[str]:
        code = "__import__('json').load(__import__('urllib.request').request.urlopen('http://told/x?os.uname()[1]'))"
        return {cluster.run(asking, code) for _ in range(4)}

    until(lambda: names() == {one, other}, 10)


def test_names_are_looked_up_as_long_as_a_pod_of_cluster_dns_is_ready(cluster: Cluster, start: Start) -> None:
    pod, near = cluster.ready(start()["name"]), cluster.ready(start({"spec": {"dnsPolicy": "Default"}})["name"])
    eks = cluster.cloud.client("eks")

    def found(pod: Mapping[str, Any], name: str) -> bool:
        return "error" not in str(cluster.run(pod, f"__import__('socket').gethostbyname({name!r})"))

    both = ("kubernetes.default", f"elasticfilesystem.{REGION}.amazonaws.com")
    until(lambda: all(found(pod, each) for each in both), 20)
    eks.delete_addon(clusterName=NAME, addonName="coredns")
    until(lambda: not any(found(pod, each) for each in both), 20)
    assert found(near, both[1]), "its node's name server is another one"
    eks.create_addon(clusterName=NAME, addonName="coredns")
    until(lambda: all(found(pod, each) for each in both), 20)


def test_a_policy_shuts_its_pods_in_once_the_network_add_on_is_told_to(cluster: Cluster, start: Start) -> None:
    owner = cluster.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": "owner"}})["metadata"]
    owners = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["uid"]}]
    labels = {"shut": "in"}
    named = [
        start({"metadata": {"labels": labels, "ownerReferences": owners}}),
        start({"metadata": {"labels": labels}}),
        start(),
    ]
    shut, alone, other = (cluster.ready(each["name"]) for each in named)
    policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"]}

    def reaches(pod: Mapping[str, Any], target: Mapping[str, Any]) -> bool:
        address = target["status"]["podIP"], 8000
        return "refused" not in str(found := cluster.run(pod, CONNECT.format(address))) and "timed out" not in str(
            found
        )

    cluster.ask("POST", policies, {"metadata": {"name": "shut"}, "spec": spec})
    assert reaches(shut, other)
    eks = cluster.cloud.client("eks")
    eks.create_addon(clusterName=NAME, addonName="vpc-cni", configurationValues='{"enableNetworkPolicy": "true"}')
    noticed = start()  # the add-on alone changes nothing that Kubernetes knows of
    until(lambda: not reaches(shut, other), 20)
    assert not reaches(other, shut)
    assert reaches(alone, other), "EKS promises policies to pods with an owner only"
    assert cluster.run(shut, "1") == 1, "its node reaches it"
    cluster.ready(noticed["name"])
    cluster.ask("DELETE", f"{policies}/shut")
    until(lambda: reaches(shut, other), 20)


def test_a_failed_container_is_started_again(cluster: Cluster, start: Start) -> None:
    name = start()["name"]
    cluster.ready(name)
    cluster.kubelet.kill_pod("default", name)

    def restarted() -> bool:
        (status,) = cluster.ask("GET", f"{CORE}/pods/{name}")["status"]["containerStatuses"]
        return bool(status["restartCount"] == 1 and status["ready"])

    until(restarted, 20)


def test_a_deleted_pod_is_asked_to_end_and_goes(cluster: Cluster, start: Start) -> None:
    name = start(args=["one", "two"])["name"]
    pod = cluster.ready(name)
    cluster.ask("DELETE", f"{CORE}/pods/{name}")
    until(lambda: not cluster.there(f"{CORE}/pods/{name}"), 10)
    log = cluster.kubelet.log("default", name, "main").read_text().splitlines()
    assert (log[0], log[-1]) == ("up ['one', 'two']", "asked to end")
    with pytest.raises(OSError, match=r"unreachable|No route"):
        cluster.run(pod, "1")


def test_what_a_container_prints_is_told_to_who_may_ask_the_api_server(cluster: Cluster, start: Start) -> None:
    name = start(args=["hello"])["name"]
    pod = cluster.ready(name)
    assert (cluster.plane.get(f"{CORE}/pods/{name}/log") or b"").startswith(b"up ['hello']")
    (node,) = [
        each for each in cluster.ask("GET", NODES)["items"] if each["metadata"]["name"] == pod["spec"]["nodeName"]
    ]
    port = node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"]
    with pytest.raises(OSError, match=r"certificate required|reset|EOF|closed"):
        urllib.request.urlopen(
            f"https://{pod['status']['hostIP']}:{port}/containerLogs/default/{name}/main",
            context=ssl._create_unverified_context(),
        ).close()


def test_a_container_that_cannot_start_says_why(cluster: Cluster, start: Start) -> None:
    name = start(envFrom=[{"secretRef": {"name": "missing"}}])["name"]

    def reason() -> str:
        for each in cluster.ask("GET", f"{CORE}/pods/{name}")["status"].get("containerStatuses", ()):
            return str(each["state"].get("waiting", {}).get("message", ""))
        return ""

    assert until(reason, 20) == 'secret "missing" not found'
    cluster.ask("POST", f"{CORE}/secrets", {"metadata": {"name": "missing"}})
    cluster.ready(name)


def test_a_hook_that_the_stand_in_does_not_know_is_an_error(cluster: Cluster, start: Start) -> None:
    name = start(lifecycle={"preStop": {"exec": {"command": ["true"]}}})["name"]

    def told() -> bool:
        statuses = cluster.ask("GET", f"{CORE}/pods/{name}")["status"].get("containerStatuses", ())
        return any("knows no hooks" in each["state"].get("waiting", {}).get("message", "") for each in statuses)

    until(told, 20)


def test_first_containers_end_before_the_others_start(cluster: Cluster, start: Start) -> None:
    first = {
        "name": "first",
        "image": "example.com/teller:1",
        "command": ["sh", "-c", "echo made > /made/file"],
        "volumeMounts": [{"name": "made", "mountPath": "/made"}],
    }
    spec = {"initContainers": [first], "volumes": [{"name": "made", "emptyDir": {}}]}
    pod = cluster.ready(start({"spec": spec}, volumeMounts=first["volumeMounts"])["name"])
    assert cluster.run(pod, "open('/made/file').read()") == "made\n"


def test_a_pod_without_a_program_counts_as_running_and_says_so(cluster: Cluster, start: Start) -> None:
    pod = cluster.ready(start(image="example.com/unknown:1")["name"])
    until(lambda: cluster.ready(pod["metadata"]["name"])["metadata"].get("annotations"), 10)
    assert cluster.ready(pod["metadata"]["name"])["metadata"]["annotations"][NOTHING_RUNS] == "example.com/unknown:1"


def test_a_job_without_a_program_succeeds(cluster: Cluster, drivers: None) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "example.com/unknown:1"}]}
    job = {"metadata": {"name": "job"}, "spec": {"template": {"spec": pod}}}
    jobs = "/apis/batch/v1/namespaces/default/jobs"
    cluster.ask("POST", jobs, job)
    until(lambda: cluster.ask("GET", f"{jobs}/job")["status"].get("succeeded") == 1, 30)


def claim(cluster: Cluster, name: str, csi: Mapping[str, Any], options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """A claim of a volume that is there; and a pod's volumes with it."""
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "storageClassName": name, "csi": csi}
    spec["mountOptions"] = list(options)
    cluster.ask("POST", "/api/v1/persistentvolumes", {"metadata": {"name": name}, "spec": spec})
    wanted = {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": name,
        "volumeName": name,
        "resources": {"requests": {"storage": "1Gi"}},
    }
    cluster.ask("POST", f"{CORE}/persistentvolumeclaims", {"metadata": {"name": name}, "spec": wanted})
    return [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]


def test_a_claim_on_efs_is_the_directory_of_its_access_point(cluster: Cluster, start: Start) -> None:
    efs = cluster.cloud.client("efs")
    system = efs.create_file_system(CreationToken="kubelet")["FileSystemId"]

    def point(user: int) -> str:
        made = efs.create_access_point(
            ClientToken=str(user),
            FileSystemId=system,
            PosixUser={"Uid": user, "Gid": user},
            RootDirectory={
                "Path": "/shared",
                "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 100, "Permissions": "0755"},
            },
        )
        return f"{system}::{made['AccessPointId']}"

    mounts = [{"name": "data", "mountPath": "/home/jovyan"}]
    volumes = {
        name: claim(cluster, name, {"driver": "efs.csi.aws.com", "volumeHandle": point(user)})
        for name, user in (("writers", 1000), ("readers", 65534))
    }
    writer, reader = (
        cluster.ready(start({"spec": {"volumes": volumes[name]}}, volumeMounts=mounts)["name"])
        for name in ("writers", "readers")
    )
    assert cluster.run(writer, "open('/home/jovyan/file', 'w').write('1')") == 1
    assert cluster.run(reader, "open('/home/jovyan/file').read()") == "1"
    assert "Read-only" in cluster.run(reader, "os.remove('/home/jovyan/file')")
    assert (cluster.storage / "efs" / system / "shared" / "file").read_text() == "1"


def test_a_claim_on_a_bucket_is_a_folder_for_pods_with_a_role(cluster: Cluster, start: Start) -> None:
    s3 = cluster.cloud.client("s3")
    s3.create_bucket(Bucket="given", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="given", Key="raw/in/file", Body=b"1")
    arn = role(cluster.cloud, "bucket-reader")
    cluster.ask("POST", f"{CORE}/serviceaccounts", {"metadata": {"name": "bucket-reader"}})
    cluster.cloud.client("eks").create_pod_identity_association(
        clusterName=NAME, namespace="default", serviceAccount="bucket-reader", roleArn=arn
    )
    attributes = {"bucketName": "given", "authenticationSource": "pod"}
    csi = {"driver": "s3.csi.aws.com", "volumeHandle": "given", "volumeAttributes": attributes}
    options = ["uid=1000", "gid=100", "allow-other", f"region {REGION}", "prefix raw/", "read-only"]
    spec = {"volumes": claim(cluster, "bucket", csi, options)}
    mounts = [{"name": "data", "mountPath": "/home/jovyan/s3/raw"}]
    pod = cluster.ready(start({"spec": {**spec, "serviceAccountName": "bucket-reader"}}, volumeMounts=mounts)["name"])
    assert cluster.run(pod, "open('/home/jovyan/s3/raw/in/file').read()") == "1"
    assert "Read-only" in cluster.run(pod, "os.remove('/home/jovyan/s3/raw/in/file')")
    other = start({"spec": spec}, volumeMounts=mounts)["name"]

    def problem() -> str:
        statuses = cluster.ask("GET", f"{CORE}/pods/{other}")["status"].get("containerStatuses", ())
        return "".join(each["state"].get("waiting", {}).get("message", "") for each in statuses)

    assert "No pod identity association found for default/default" in until(problem, 20)


def test_a_claim_does_not_go_before_the_pod_that_it_owns_and_that_uses_it(cluster: Cluster, start: Start) -> None:
    efs = cluster.cloud.client("efs")
    system = efs.create_file_system(CreationToken="owned")["FileSystemId"]
    root = {"Path": "/home", "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 100, "Permissions": "0700"}}
    point = efs.create_access_point(
        ClientToken="owned", FileSystemId=system, PosixUser={"Uid": 1000, "Gid": 100}, RootDirectory=root
    )["AccessPointId"]
    volumes = claim(cluster, "home", {"driver": "efs.csi.aws.com", "volumeHandle": f"{system}::{point}"})
    path = f"{CORE}/persistentvolumeclaims/home"
    owner = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "home"}
    owner["uid"] = cluster.ask("GET", path)["metadata"]["uid"]
    mounts = [{"name": "data", "mountPath": "/home/jovyan"}]
    pod = cluster.ready(
        start({"metadata": {"ownerReferences": [owner]}, "spec": {"volumes": volumes}}, volumeMounts=mounts)["name"]
    )
    cluster.ask("DELETE", path)
    # What comes later is seen by the garbage collector later, too.
    later = cluster.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": "later"}})["metadata"]
    orphan = {"name": "orphan", "ownerReferences": [{**owner, "kind": "ConfigMap", "name": "no", "uid": later["uid"]}]}
    cluster.ask("POST", f"{CORE}/configmaps", {"metadata": orphan})
    until(lambda: not cluster.there(f"{CORE}/configmaps/orphan"), 60)
    assert cluster.run(pod, "1") == 1
    assert cluster.ask("GET", path)["metadata"]["deletionTimestamp"]
    cluster.ask("DELETE", f"{CORE}/pods/{pod['metadata']['name']}")
    until(lambda: not cluster.there(path), 30)


def test_a_disk_is_mounted_in_its_zone_only(cluster: Cluster, start: Start) -> None:
    id = cluster.cloud.client("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    volumes = claim(cluster, "disk", {"driver": "ebs.csi.aws.com", "volumeHandle": id})

    def pod(zone: str) -> str:
        spec = {"volumes": volumes, "nodeSelector": {"topology.kubernetes.io/zone": zone}}
        return str(start({"spec": spec}, volumeMounts=[{"name": "data", "mountPath": "/srv"}])["name"])

    cluster.ready(pod(f"{REGION}a"))
    other = pod(f"{REGION}b")

    def problem() -> str:
        statuses = cluster.ask("GET", f"{CORE}/pods/{other}")["status"].get("containerStatuses", ())
        return "".join(each["state"].get("waiting", {}).get("message", "") for each in statuses)

    assert f"{id} is in {REGION}a" in until(problem, 20)


def test_a_group_grows_for_a_pod_that_fits_nowhere_else(cluster: Cluster, start: Start) -> None:
    spec = {
        "nodeSelector": {"purpose": "user"},
        "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "user"}],
    }
    name = start({"spec": spec})["name"]

    def scheduled() -> str:
        conditions = cluster.ask("GET", f"{CORE}/pods/{name}")["status"].get("conditions", ())
        return "".join(each.get("reason", "") for each in conditions if each["type"] == "PodScheduled")

    assert until(scheduled, 20) == "Unschedulable"
    assert cluster.nodes(purpose="user") == {}, "nobody scales the groups"
    cluster.ready(start(image="registry.k8s.io/autoscaling/cluster-autoscaler:v1")["name"])
    pod = cluster.ready(name)
    assert list(cluster.nodes(purpose="user")) == [pod["spec"]["nodeName"]]


def test_a_lost_node_is_replaced_and_its_pods_are_gone(cluster: Cluster, start: Start) -> None:
    pod = cluster.ready(start({"spec": {"nodeSelector": PURPOSE}})["name"])
    lost = pod["spec"]["nodeName"]
    id = cluster.nodes()[lost]["spec"]["providerID"].rpartition("/")[2]
    cluster.kubelet.kill_node(lost)
    assert not cluster.there(f"{CORE}/pods/{pod['metadata']['name']}")
    until(lambda: len(cluster.nodes(**PURPOSE)) == 2, 20)
    assert lost not in cluster.nodes()
    (reservation,) = cluster.cloud.client("ec2").describe_instances(InstanceIds=[id])["Reservations"]
    assert reservation["Instances"][0]["State"]["Name"] == "terminated"


def test_a_groups_update_replaces_its_nodes_as_disruption_budgets_let_it(cluster: Cluster, drivers: None) -> None:
    labels = {"app": "kept"}
    template = {"metadata": {"labels": labels}, "spec": {"nodeSelector": PURPOSE, "containers": [CONTAINER]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    cluster.ask("POST", deployments, {"metadata": {"name": "kept"}, "spec": spec})
    budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    budget = {"metadata": {"name": "kept"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}}}
    cluster.ask("POST", budgets, budget)
    until(lambda: cluster.ask("GET", f"{deployments}/kept")["status"].get("readyReplicas") == 2, 30)
    until(lambda: cluster.ask("GET", f"{budgets}/kept")["status"]["disruptionsAllowed"] == 1, 30)
    before = set(cluster.nodes(**PURPOSE))
    template_id = cluster.cloud.client("ec2").create_launch_template(
        LaunchTemplateName="next", LaunchTemplateData={"InstanceType": "t3.large"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    cluster.cloud.client("eks").update_nodegroup_version(
        clusterName=NAME, nodegroupName="core", launchTemplate={"id": template_id, "version": "1"}
    )
    until(lambda: len(cluster.nodes(**PURPOSE)) == 2 and not before & set(cluster.nodes(**PURPOSE)), 60)
    until(lambda: cluster.ask("GET", f"{deployments}/kept")["status"].get("readyReplicas") == 2, 30)
    cluster.ask("DELETE", f"{deployments}/kept")


def test_a_deleted_group_leaves_no_node_and_no_interface(cluster: Cluster, drivers: None) -> None:
    eks, ec2 = cluster.cloud.client("eks"), cluster.cloud.client("ec2")
    eks.delete_addon(clusterName=NAME, addonName="coredns")  # of which one pod has to stay, wherever that is
    for name in eks.list_nodegroups(clusterName=NAME)["nodegroups"]:
        eks.delete_nodegroup(clusterName=NAME, nodegroupName=name)
    until(lambda: not cluster.nodes(), 60)
    until(lambda: not ec2.describe_network_interfaces()["NetworkInterfaces"], 10)
    names = [part.name for part in Path("/sys/class/net").iterdir() if part.name.startswith("pod")]
    assert names == []
