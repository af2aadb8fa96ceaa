"""Whether policies allow all that was done, but for what is refused on AWS, too, and done without."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.iam.judged import Judged
from rehearsal.life.data import TRIED
from rehearsal.life.journal import CheckError
from rehearsal.world import World


def rights_suffice(world: World) -> Iterator[str]:
    """Each call was allowed to who made it. Raises CheckError with those that were not."""
    recorder = world.server.recorder
    wrong, refused, gone = [], 0, set()
    for each in recorder.calls:
        lacks = bool(each.lacks or each.unknown)
        if str(each.call) == "elasticfilesystem:DeleteAccessPoint" and not lacks:
            gone.add(each.call.input["AccessPointId"])
        if lacks and _is_done_without(each, gone):
            refused += 1
        elif lacks:
            name = each.who.name if each.who else "nobody known"
            wrong.append(f"{name}: {each.call}: {each.unknown or '; '.join(each.lacks)}")
    report = recorder.report(world.accounts)
    wrong += report.strange
    if wrong:
        raise CheckError("policies should allow:\n" + "\n".join(sorted(set(wrong))))
    if not report.allowed:
        raise CheckError("at least one call should be judged")
    without = f", but {refused} that drivers do without" if refused else ""
    yield f"policies allow all of {report.allowed + refused} calls to AWS that were judged{without}"
    yield f"{len(recorder.calls) - report.allowed - refused} calls need no right, or are an administrator's"


def _is_done_without(each: Judged, gone: set[str]) -> bool:
    """What AWS refuses, too."""
    call = each.call
    if str(call) == "elasticfilesystem:DeleteAccessPoint":
        # The provisioner may ask twice, and what is gone has no tag by which the driver may delete it.
        return call.input["AccessPointId"] in gone
    if str(call) == "s3:PutObject":  # to see that somebody may not
        return str(call.input.get("Key", "")).endswith(TRIED)
    # To ask for the limit of IOPS, the driver would make a volume without the tag that AWS's policy wants.
    return str(call) == "ec2:CreateVolume" and call.input.get("DryRun") is True
