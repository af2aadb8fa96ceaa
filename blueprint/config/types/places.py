"""Looks at where and whose something is: regions, zones and ARNs. Like `checks`, each returns the value or raises."""

import re
from difflib import get_close_matches

from blueprint.config.facts.regions import REGIONS, elsewhere
from blueprint.config.problems import FaultError


def region(value: str) -> str:
    """A region that a hub can live in."""
    if value in REGIONS:
        return value
    if why := elsewhere(value):
        raise FaultError(f"take another one: {why}")
    near = get_close_matches(value.lower(), REGIONS, n=1, cutoff=0.7)
    raise FaultError(f'did you mean "{near[0]}"?' if near else "")


def arn(value: str) -> str:
    """An ARN in the partition and the regions that a hub can live in."""
    parts = value.split(":")
    if len(parts) > 3 and parts[0] == "arn":
        if parts[1] != "aws":
            raise FaultError(f"take one of the partition aws: {elsewhere(parts[3]) or f'{parts[1]} is not supported'}")
        if parts[3]:
            region(parts[3])
    return value


def no_session_or_user(value: str) -> str:
    """No principal that looks like a role and is none."""
    session = re.fullmatch(r"arn:aws:sts::[0-9]{12}:assumed-role/([\w+=,.@-]+)/.*", value)
    if session:
        raise FaultError(
            "give the role, not a session of it: "
            f"aws iam get-role --role-name {session[1]} --query Role.Arn --output text"
        )
    if re.match(r"arn:aws:iam::[0-9]*:(user/|root)", value):
        raise FaultError("give a role: the credentials of users and root last too long for an admin's")
    return value


def sso_with_path(value: str) -> str:
    """No role of IAM Identity Center without its path: such a role does not exist."""
    path, _, name = value.partition(":role/")[2].rpartition("/")
    if name.startswith("AWSReservedSSO_") and not path.startswith("aws-reserved/sso.amazonaws.com"):
        raise FaultError(
            "give the path, too, that roles of IAM Identity Center have: "
            f"aws iam get-role --role-name {name} --query Role.Arn --output text"
        )
    return value


def no_alias(value: str) -> str:
    """No alias, which may come to point at another key."""
    if ":alias/" in value or value.startswith("alias/"):
        raise FaultError("give the key, not its alias: aws kms describe-key --key-id … --query KeyMetadata.Arn")
    return value


def not_global(value: str) -> str:
    """No web ACL of CloudFront."""
    if ":global/" in value:
        raise FaultError("take one of scope REGIONAL: one of scope CLOUDFRONT fits no load balancer")
    return value


def no_zone_id(value: str) -> str:
    """No zone's id."""
    if re.fullmatch(r"[a-z]{3,5}[0-9]-az[0-9]+", value):
        raise FaultError("give the zone's name, not its id: the name ends in a letter, as eu-central-1a does")
    return value
