"""`blueprint status`, `restore` and `homes`, while people work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from preview.browser import Browser
from rehearsal.life.cdk import Commands
from rehearsal.life.looks import expect, hub_pod, start
from rehearsal.world import World


def role(world: World) -> list[str]:
    """How a command is told whom the cluster knows; nothing where it knows nobody."""
    return ["--role", world.config.admin_roles[0]] if world.config.admin_roles else []


def _json(printed: str) -> dict[str, Any]:
    """What a command says to scripts, after what it has shown."""
    told: dict[str, Any] = json.loads(printed[f"\n{printed}".index("\n{") :])
    return told


def status_tells_of(world: World, commands: Commands, user: str) -> Iterator[str]:
    """Somebody's server, its node and its start, the nodes, and what is stored."""
    if not world.config.admin_roles:
        yield "nobody administers the cluster (admin.roles): the operator's commands are not tried"
        return
    told = _json(commands.own(world.workload_account, "status", *role(world), "--json"))
    expect([], told["faults"], "what `blueprint status` could not tell")
    (server,) = [each for each in told["servers"] if each["user"] == user]
    expect("ready", server["state"], f"the state of {user}'s server")
    node = next(each for each in told["nodes"] if each["name"] == server["node"])
    expect(("user", 1), (node["purpose"], node["servers"]), "the purpose of its node, and the servers there")
    start = next(each for each in told["starts"] if each["user"] == user)
    expect(["homes", "hub's database"], [each["what"] for each in told["storage"]], "what is stored")
    where = f"{server['state']}, on {server['node']}, begun in {start['total']} s"
    yield f"`blueprint status` tells of {user}'s server: {where}"


_LOST: Final = "lost.txt"
_WRITE: Final = f"from pathlib import Path; Path.home().joinpath({_LOST!r}).write_text('what was in it')"
_DELETE: Final = f"from pathlib import Path; Path.home().joinpath({_LOST!r}).unlink()"
_READ: Final = f"from pathlib import Path; print(next(Path.home().glob('restored-*/{_LOST}')).read_text())"


def deleted_file_comes_back(world: World, commands: Commands, browser: Browser, user: str) -> Iterator[str]:
    """A file that was in the night's backup is deleted, and restored beside what is there."""
    if not world.config.admin_roles or not world.config.storage_backup_days or world.config.storage_home != "efs":
        yield "not where nobody administers the cluster, nothing is backed up, or homes are volumes"
        return
    browser.run(_WRITE)
    (system,) = world.cloud(world.workload_account).client("efs").describe_file_systems()["FileSystems"]
    _back_up(world, system["FileSystemArn"])
    browser.run(_DELETE)
    about = [*role(world), "--json"]
    told = _json(commands.own(world.workload_account, "restore", "home", user, "--path", _LOST, "--yes", *about))
    expect([], told["faults"], "what `blueprint restore home` could not do")
    expect("what was in it", browser.run(_READ).strip(), "the restored file")
    yield f"{user} finds {_LOST} in restored-…, while the server runs: {told['changes'][0]['steps'][1]['result']}"
    homes = _json(commands.own(world.workload_account, "homes", "size", *about))["homes"]
    expect([True], [each["files"] > 0 for each in homes if each["user"] == user], f"that the home of {user} has files")
    yield f"`blueprint homes size` has measured {len(homes)} homes, in the cluster"


def database_comes_back(world: World, commands: Commands) -> Iterator[str]:
    """The hub's database is restored as it was a moment ago; the hub starts again with it."""
    if not world.config.admin_roles or not world.config.storage_backup_days:
        yield "not where nobody administers the cluster, or nothing is backed up"
        return
    cloud = world.cloud(world.workload_account)
    filters = [{"Name": "tag:Name", "Values": [f"{world.config.name}-hub-database"]}]
    (volume,) = cloud.client("ec2").describe_volumes(Filters=filters)["Volumes"]
    _back_up(world, f"arn:aws:ec2:{world.region}:{world.workload_account}:volume/{volume['VolumeId']}")
    before = start(hub_pod(world))
    about = [*role(world), "--json"]
    told = _json(commands.own(world.workload_account, "restore", "database", "--yes", *about))
    expect([], told["faults"], "what `blueprint restore database` could not do")
    expect(False, before == start(hub_pod(world)), "whether the hub's pod is the one of before")
    yield f"the hub runs with its database of before: {told['changes'][0]['steps'][2]['result']}"


def _back_up(world: World, resource: str) -> None:
    """What the plan does at night."""
    backup = world.cloud(world.workload_account).client("backup")
    (vault,) = backup.list_backup_vaults()["BackupVaultList"]
    (plan,) = backup.list_backup_plans()["BackupPlansList"]
    selection = backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"][0]
    told = backup.get_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=selection["SelectionId"])
    backup.start_backup_job(
        BackupVaultName=vault["BackupVaultName"],
        ResourceArn=resource,
        IamRoleArn=told["BackupSelection"]["IamRoleArn"],
    )
