"""Each kind of setting: what it takes as typed JSON and as text of `-c`, and what it says to anything else."""

import json
from pathlib import Path
from typing import Any

import pytest

from blueprint.config import Problem
from blueprint.config.notice import KINDS
from blueprint.config.settings import BY_KEY
from rehearsal.certificates import Authority
from tests.config.seed import config, problems

ARN = "arn:aws:{}:eu-west-1:444455556666:{}"
KEY = ARN.format("kms", "key/12345678-1234-1234-1234-123456789012")
CERTIFICATE = ARN.format("acm", "certificate/12345678-1234-1234-1234-123456789012")
WEB_ACL = ARN.format("wafv2", "regional/webacl/hub/12345678-1234-1234-1234-123456789012")
ROLE = "arn:aws:iam::444455556666:role/team/admins"
SSO_ROLE = (
    "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admins_0123456789abcdef"
)
BARE_SSO_ROLE = SSO_ROLE.replace("aws-reserved/sso.amazonaws.com/eu-west-1/", "")


def in_place(arn: str, partition: str, region: str) -> str:
    """An ARN of eu-west-1 in another place."""
    return arn.replace(":aws:", f":{partition}:").replace("eu-west-1", region)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        pytest.param("name", " hub-2 ", "hub-2", id="text without the blanks around it"),
        pytest.param("workload.account", "012345678901", "012345678901", id="account"),
        pytest.param("workload.account", 123456789012, "123456789012", id="account as a number"),
        pytest.param("workload.region", "ap-southeast-2", "ap-southeast-2", id="region"),
        pytest.param("tags", {"team": "a b"}, {"team": "a b"}, id="mapping"),
        pytest.param("tags", {"a/b@c": "x=y=z"}, {"a/b@c": "x=y=z"}, id="tag with signs"),
        pytest.param("tags", '{"team": "a b"}', {"team": "a b"}, id="mapping as text"),
        pytest.param("parent.hostedzone.name", "Domain.Com.", "domain.com", id="domain in capitals with a dot"),
        pytest.param("parent.hostedzone.id", "Z1D633PJN98FT9", "Z1D633PJN98FT9", id="zone id"),
        pytest.param("parent.dns.role", "dns@team", "dns@team", id="role name"),
        pytest.param("parent.dns.trusted.accounts", [123456789012], ["123456789012"], id="accounts"),
        pytest.param(
            "parent.dns.trusted.accounts",
            "123456789012 210987654321",
            ["123456789012", "210987654321"],
            id="accounts as text with blanks",
        ),
        pytest.param("certificateArn", CERTIFICATE, CERTIFICATE, id="certificate"),
        pytest.param("authUrl", "https://IdP.Example.com:443/a?b=C", "https://idp.example.com/a?b=C", id="URL"),
        pytest.param(
            "tokenUrl", "https://idp.example.com:8443/t", "https://idp.example.com:8443/t", id="URL with port"
        ),
        pytest.param("callbackUrl", "HTTPS://YOUR.hub.domain.com:443/hub/oauth_callback", None, id="same callback"),
        pytest.param("scope", ["openid"], ["openid"], id="list"),
        pytest.param("scope", '["openid", "email"]', ["openid", "email"], id="list as JSON text"),
        pytest.param("scope", "openid, email", ["openid", "email"], id="list as text with commas"),
        pytest.param("scope", "openid email", ["openid", "email"], id="list as text with blanks"),
        pytest.param("scope", ["openid", "openid"], ["openid"], id="list without repetition"),
        pytest.param("scope", [], [], id="empty list"),
        pytest.param("users.allowed", "Ada Lovelace, Grace Hopper", ["Ada Lovelace", "Grace Hopper"], id="names"),
        pytest.param("users.allowed", '["Lovelace, Ada"]', ["Lovelace, Ada"], id="names with commas"),
        pytest.param("groups.claim", "https://domain.com/groups", "https://domain.com/groups", id="claim"),
        pytest.param("kubernetes.version", "1.32", "1.32", id="version"),
        pytest.param("kubernetes.version", 1.36, "1.36", id="version as a number"),
        pytest.param("admin.roles", ROLE, [ROLE], id="role ARN with a path"),
        pytest.param("admin.roles", SSO_ROLE, [SSO_ROLE], id="role of IAM Identity Center"),
        pytest.param("network.zones", 2, 2, id="whole number"),
        pytest.param("network.zones", " 2 ", 2, id="whole number as text"),
        pytest.param("network.zones", 2.0, 2, id="whole number with a point"),
        pytest.param("network.cidr", "10.20.0.0/18", "10.20.0.0/18", id="network"),
        pytest.param(
            "ingress.allowed.cidrs", "192.0.2.0/24,198.51.100.7", ["192.0.2.0/24", "198.51.100.7/32"], id="ranges"
        ),
        pytest.param("ingress.scheme", " internal", "internal", id="choice"),
        pytest.param("auth.session.days", "0.5", 0.5, id="half a day"),
        pytest.param("ingress.waf.arn", WEB_ACL, WEB_ACL, id="web ACL"),
        pytest.param("ingress.waf.arn", "unmanaged", "unmanaged", id="web ACL of others"),
        pytest.param("ingress.logs.bucket", "logs.example", "logs.example", id="bucket"),
        pytest.param(
            "nodes.user.instance.types", "m7i-flex.large m6i.large", ["m7i-flex.large", "m6i.large"], id="types"
        ),
        pytest.param("nodes.user.min", "0", 0, id="zero as text"),
        pytest.param("storage.keep", False, False, id="boolean"),
        pytest.param("storage.keep", "False", False, id="boolean as text"),
        pytest.param("storage.keep", "true", True, id="true as text"),
        pytest.param("storage.efs.archive.days", "90", 90, id="choice of numbers as text"),
        pytest.param("storage.kms.key.arn", KEY, KEY, id="key"),
        pytest.param("storage.home.size", "500Mi", "500Mi", id="quantity"),
        pytest.param("singleuser.cpu.guarantee", "0.25", 0.25, id="number as text"),
        pytest.param("singleuser.cpu.guarantee", 1, 1.0, id="whole number for a number"),
        pytest.param("singleuser.memory.limit", "1.5T", "1.5T", id="memory"),
        pytest.param(
            "singleuser.image", "ecr.example:5000/lab:v1.2", "ecr.example:5000/lab:v1.2", id="image of a port"
        ),
        pytest.param("singleuser.image", f"lab@sha256:{'0a' * 32}", f"lab@sha256:{'0a' * 32}", id="image by digest"),
        pytest.param("singleuser.default.url", "/tree?a=b", "/tree?a=b", id="path"),
        pytest.param("hub.title", " R&D's <Hub> ${1} ", "R&D's <Hub> ${1}", id="title with signs"),
        pytest.param("hub.contact", "o'hara+hub@domain.com", "o'hara+hub@domain.com", id="address"),
        pytest.param(
            "hub.contact", "https://Domain.com/help?a=b#hub", "https://domain.com/help?a=b#hub", id="part of a page"
        ),
        pytest.param("hub.announcement", "Now with <b>, 5 < 6 & ${x}", "Now with <b>, 5 < 6 & ${x}", id="message"),
    ],
)
def test_value_is_taken(key: str, value: object, expected: object) -> None:
    setting = BY_KEY[key]
    if expected is None:
        expected = config().callback_url
    changes: dict[str, Any] = {key: value}
    if key == "parent.hostedzone.name":
        changes["dev.subzone.name"] = "hub.domain.com"
    assert getattr(config(changes), setting.attribute) == expected


QUOTES = "write it as text, in quotes"
NAME = "1 to 24 lower-case letters, digits and hyphens, the first a letter and the last no hyphen"
URL = "an https URL with a full host name and without a fragment"
ROLES = "a list of IAM role ARNs"
CONTACT = "an e-mail address, or the https URL of a page"
IMAGE = "a container image with a fixed tag or a digest"
WARNINGS = "a JSON object of the ids of warnings to reasons"
GOVCLOUD = "GovCloud is not supported, where EKS has no metrics-server add-on"
CHINA = "China is not supported, where EKS has neither the EFS nor the metrics-server add-on"
NAMES = "a list of names, as JSON or separated by commas"
IN_FULL = "write each name in full; to admit everyone, remove users.allowed and groups.allowed"
TAGS = "a JSON object of text to text"
MINORS = "one of 1.29, 1.30, 1.31, 1.32, 1.33, 1.34, 1.35, 1.36"
DOMAIN = "a domain name of two labels or more"
ACCOUNT = "an AWS account id: 12 digits"
LIMIT = "an amount of memory as JupyterHub writes it: a number and M, G or T (not Gi)"
EXAMPLE = ""
"""Stands for the fix that gives the setting's example."""


@pytest.mark.parametrize(
    ("key", "value", "got", "allowed", "fix"),
    [
        pytest.param("name", "9lives", '"9lives"', NAME, EXAMPLE, id="name begins with a digit"),
        pytest.param("name", "hub-", '"hub-"', NAME, EXAMPLE, id="name ends with a hyphen"),
        pytest.param("name", "h" * 25, f'"{"h" * 25}"', NAME, EXAMPLE, id="name too long"),
        pytest.param("name", 7, "7", NAME, QUOTES, id="number for text"),
        pytest.param("name", True, "true", NAME, QUOTES, id="boolean for text"),
        pytest.param(
            "name", "a\nb", '"a\\nb"', NAME, "remove the line breaks and invisible characters", id="two lines"
        ),
        pytest.param("parent.dns.account", "1111-2222-3333", '"1111-2222-3333"', ACCOUNT, EXAMPLE, id="account"),
        pytest.param(
            "parent.dns.account",
            12345678901,
            "12345678901",
            ACCOUNT,
            "write it in quotes: as a number it loses its leading zeros",
            id="account that lost its zero",
        ),
        *(
            pytest.param(
                "workload.region", region, f'"{region}"', "a region of the partition aws that has EKS", fix, id=region
            )
            for region, fix in (
                ("eu-west-1a", 'did you mean "eu-west-1"?'),
                ("eu-cental-1", 'did you mean "eu-central-1"?'),
                ("EU-Central-1", 'did you mean "eu-central-1"?'),
                ("us_east_1", 'did you mean "us-east-1"?'),
                ("eu-west-9", 'did you mean "eu-west-3"?'),
                ("frankfurt", EXAMPLE),
                ("aws-global", EXAMPLE),
                ("us-gov-west-1", f"take another one: {GOVCLOUD}"),
                ("cn-north-1", f"take another one: {CHINA}"),
                ("eusc-de-east-1", "take another one: the European Sovereign Cloud is not supported"),
                ("us-isob-east-1", "take another one: isolated regions are not supported"),
                ("eu-isoe-west-1", "take another one: isolated regions are not supported"),
            )
        ),
        *(
            pytest.param(
                key,
                in_place(arn, partition, region),
                f'"{in_place(arn, partition, region)}"',
                BY_KEY[key].allowed,
                fix,
                id=f"{key} in {partition} {region}",
            )
            for key, arn in (
                ("certificateArn", CERTIFICATE),
                ("client.secret.kms.key.arn", KEY),
                ("ingress.waf.arn", WEB_ACL),
                ("storage.kms.key.arn", KEY),
                ("clientSecretArn", ARN.format("secretsmanager", "secret:hub-AbCdEf")),
            )
            for partition, region, fix in (
                ("aws-us-gov", "us-gov-west-1", f"take one of the partition aws: {GOVCLOUD}"),
                ("aws-cn", "cn-north-1", f"take one of the partition aws: {CHINA}"),
                ("aws-us-gov", "eu-west-1", "take one of the partition aws: aws-us-gov is not supported"),
                ("aws", "eu-wset-1", 'did you mean "eu-west-1"?'),
                ("aws", "cn-north-1", f"take another one: {CHINA}"),
            )
        ),
        pytest.param(
            "admin.roles",
            [ROLE, ROLE.replace(":aws:", ":aws-us-gov:")],
            f'"{ROLE.replace(":aws:", ":aws-us-gov:")}"',
            ROLES,
            "take one of the partition aws: aws-us-gov is not supported",
            id="role of GovCloud",
        ),
        pytest.param("tags", {"a": 1}, '{"a": 1}', TAGS, EXAMPLE, id="tag is a number"),
        pytest.param("tags", {"a": "b", "c": None}, '{"c": null}', TAGS, EXAMPLE, id="tag is nothing"),
        pytest.param("tags", {None: "b"}, "null", TAGS, EXAMPLE, id="tag has no name"),
        pytest.param(
            "tags",
            "team=a",
            '"team=a"',
            TAGS,
            "the text is no valid JSON: mind the quotes, on a command line too",
            id="tags are no JSON",
        ),
        pytest.param(
            "tags",
            {"AWS:x": "1"},
            '{"AWS:x": "1"}',
            TAGS,
            "rename the tags that begin with aws:, which AWS keeps for itself",
            id="tag of AWS",
        ),
        pytest.param(
            "tags",
            {"a": "b" * 257},
            f'{{"a": "{"b" * 113}…',
            TAGS,
            "shorten them: 1 to 128 characters for a name, up to 256 for a value",
            id="tag too long",
        ),
        pytest.param(
            "tags",
            {f"t{n:02}": "" for n in range(41)},
            json.dumps({f"t{n:02}": "" for n in range(41)})[:120] + "…",
            TAGS,
            "keep at most 40: AWS allows 50 on a resource and its controllers add their own",
            id="too many tags",
        ),
        pytest.param(
            "tags",
            {"a": "b;c"},
            '{"a": "b;c"}',
            TAGS,
            "use letters, digits, blanks and _ . : / = + - @ only",
            id="tag with other characters",
        ),
        pytest.param(
            "tags",
            {"a=b": "c"},
            '{"a=b": "c"}',
            TAGS,
            "take the = out of their names: the load balancer's are written name=value",
            id="tag that would get another name",
        ),
        *(
            pytest.param(
                "tags",
                tags,
                json.dumps(tags),
                TAGS,
                "take away the blanks around names and values, which the load balancer's would lose",
                id=f"tag with {what}",
            )
            for what, tags in (("a blank name", {" ": "c"}), ("a blank around its value", {"a": "c "}))
        ),
        *(
            pytest.param(key, [name], f'"{name}"', NAMES, IN_FULL, id=f"pattern in {key}")
            for key in ("users.allowed", "users.admins", "groups.allowed", "groups.admins", "team.directories")
            for name in ("*", "*@domain.com", "team-*")
        ),
        *(
            pytest.param("warnings.acknowledged", {id: reason}, json.dumps({id: reason}), WARNINGS, fix, id=what)
            for what, id, reason, fix in (
                (
                    "warning misspelt",
                    "blueprint:open-admision",
                    "meant",
                    '"blueprint:open-admision" is no warning of ours: did you mean "blueprint:open-admission"?',
                ),
                (
                    "warning without its prefix",
                    "open-hub",
                    "meant",
                    '"open-hub" is no warning of ours: did you mean "blueprint:open-hub"?',
                ),
                (
                    "warning of another",
                    "CloudFormation-Validate::W3010",
                    "meant",
                    f'"CloudFormation-Validate::W3010" is no warning of ours: ours are blueprint:{", ".join(KINDS)}',
                ),
                ("no reason", "blueprint:open-hub", " ", 'give a reason for "blueprint:open-hub", on one line'),
                (
                    "reason of lines",
                    "blueprint:open-hub",
                    "a\nb",
                    'give a reason for "blueprint:open-hub", on one line',
                ),
            )
        ),
        pytest.param(
            "warnings.acknowledged",
            {"blueprint:open-hub": "", "blueprint:x-no-backups": "meant"},
            '{"blueprint:open-hub": "", "blueprint:x-no-backups": "meant"}',
            WARNINGS,
            'give a reason for "blueprint:open-hub", on one line; '
            '"blueprint:x-no-backups" is no warning of ours: did you mean "blueprint:no-backups"?',
            id="two faulty warnings",
        ),
        pytest.param("parent.hostedzone.name", "localhost", '"localhost"', DOMAIN, EXAMPLE, id="one label"),
        pytest.param("parent.hostedzone.name", "a_b.com", '"a_b.com"', DOMAIN, EXAMPLE, id="underscore"),
        pytest.param(
            "parent.hostedzone.name",
            "https://domain.com",
            '"https://domain.com"',
            DOMAIN,
            "give the name alone, without https:// and without a path",
            id="URL for domain",
        ),
        pytest.param(
            "parent.hostedzone.name",
            "*.domain.com",
            '"*.domain.com"',
            DOMAIN,
            "give the name without the *",
            id="wildcard",
        ),
        pytest.param("hub.title", "h" * 61, f'"{"h" * 61}"', "text of up to 60 characters", EXAMPLE, id="long title"),
        pytest.param(
            "hub.announcement",
            "a\nb",
            '"a\\nb"',
            "text on one line of up to 500 characters",
            "remove the line breaks and invisible characters",
            id="message on two lines",
        ),
        pytest.param("hub.contact", "Ada Lovelace", '"Ada Lovelace"', CONTACT, EXAMPLE, id="name for address"),
        pytest.param("hub.contact", 'a"b@c.com', '"a\\"b@c.com"', CONTACT, EXAMPLE, id="address with a quote"),
        pytest.param(
            "hub.contact",
            "mailto:ada@domain.com",
            '"mailto:ada@domain.com"',
            CONTACT,
            "write the address alone, without mailto:",
            id="link to an address",
        ),
        pytest.param(
            "hub.contact", "http://a.com", '"http://a.com"', CONTACT, "begin it with https://", id="contact by http"
        ),
        pytest.param(
            "hub.contact",
            "javascript://a.com/%0aalert(1)",
            '"javascript://a.com/%0aalert(1)"',
            CONTACT,
            "begin it with https://",
            id="contact that runs",
        ),
        pytest.param("authUrl", "http://a.com", '"http://a.com"', URL, "begin it with https://", id="http"),
        pytest.param(
            "authUrl",
            "https://a.com/#b",
            '"https://a.com/#b"',
            URL,
            "take away the # and what follows it",
            id="fragment",
        ),
        pytest.param(
            "authUrl",
            "https://a:b@a.com",
            '"https://…@a.com"',
            "an https URL without credentials",
            "take the user name and password out of it",
            id="credentials",
        ),
        pytest.param("authUrl", "https://", '"https://"', URL, EXAMPLE, id="no host"),
        pytest.param("authUrl", "https://[::1", '"https://[::1"', URL, EXAMPLE, id="half an address"),
        pytest.param("authUrl", "https://a.com:x/", '"https://a.com:x/"', URL, EXAMPLE, id="port is no number"),
        pytest.param("authUrl", "https://a.com/a b", '"https://a.com/a b"', URL, EXAMPLE, id="blank within"),
        pytest.param("scope", 7, "7", "a list of OAuth scopes", EXAMPLE, id="number for list"),
        pytest.param("scope", {"a": 1}, '{"a": 1}', "a list of OAuth scopes", EXAMPLE, id="object for list"),
        pytest.param("scope", ["openid", 7], "7", "a list of OAuth scopes", QUOTES, id="number in list"),
        pytest.param(
            "scope",
            "[openid]",
            '"[openid]"',
            "a list of OAuth scopes",
            "the text is no valid JSON: mind the quotes, on a command line too",
            id="list is no JSON",
        ),
        pytest.param("kubernetes.version", "1.28", '"1.28"', MINORS, EXAMPLE, id="unknown minor"),
        pytest.param("kubernetes.version", "1.35.2", '"1.35.2"', MINORS, EXAMPLE, id="patch version"),
        pytest.param(
            "kubernetes.version",
            1.3,
            "1.3",
            MINORS,
            'write "1.30" in quotes: as a number it loses its zero',
            id="minor that lost its zero",
        ),
        pytest.param("api.endpoint", "both", '"both"', "private or public", EXAMPLE, id="no such choice"),
        pytest.param(
            "storage.efs.archive.days",
            5,
            "5",
            "0, 7, 14, 30, 60, 90, 180, 270 or 365",
            EXAMPLE,
            id="no such number",
        ),
        pytest.param("admin.roles", ["admins"], '"admins"', ROLES, EXAMPLE, id="role by name"),
        pytest.param(
            "admin.roles",
            [ROLE, BARE_SSO_ROLE],
            f'"{BARE_SSO_ROLE}"',
            ROLES,
            "give the path, too, that roles of IAM Identity Center have: "
            "aws iam get-role --role-name AWSReservedSSO_Admins_0123456789abcdef --query Role.Arn --output text",
            id="role of IAM Identity Center without its path",
        ),
        pytest.param(
            "admin.roles",
            "arn:aws:sts::444455556666:assumed-role/admins/ada",
            '"arn:aws:sts::444455556666:assumed-role/admins/ada"',
            ROLES,
            "give the role, not a session of it: aws iam get-role --role-name admins --query Role.Arn --output text",
            id="session of a role",
        ),
        pytest.param(
            "admin.roles",
            "arn:aws:iam::444455556666:user/ada",
            '"arn:aws:iam::444455556666:user/ada"',
            ROLES,
            "give a role: the credentials of users and root last too long for an admin's",
            id="user",
        ),
        pytest.param(
            "storage.kms.key.arn",
            ARN.format("kms", "alias/hub"),
            f'"{ARN.format("kms", "alias/hub")}"',
            "the ARN of a KMS key",
            "give the key, not its alias: aws kms describe-key --key-id … --query KeyMetadata.Arn",
            id="alias of a key",
        ),
        pytest.param(
            "ingress.waf.arn",
            WEB_ACL.replace("regional", "global"),
            f'"{WEB_ACL.replace("regional", "global")}"',
            "the ARN of a WAFv2 web ACL of scope REGIONAL, or unmanaged",
            "take one of scope REGIONAL: one of scope CLOUDFRONT fits no load balancer",
            id="web ACL of CloudFront",
        ),
        pytest.param(
            "network.cidr",
            "10.0.0.0/24",
            '"10.0.0.0/24"',
            "a private IPv4 range of /16 to /20",
            "take a prefix length between /16 and /20",
            id="network too small",
        ),
        pytest.param(
            "network.cidr",
            "10.0.0.1/16",
            '"10.0.0.1/16"',
            "a private IPv4 range of /16 to /20",
            "write 10.0.0.0/16: the address must be the first of its range",
            id="network with a host in it",
        ),
        pytest.param(
            "network.cidr",
            "198.18.0.0/16",
            '"198.18.0.0/16"',
            "a private IPv4 range of /16 to /20",
            "take a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10",
            id="network that users' servers could reach",
        ),
        pytest.param(
            "network.cidr", "fd00::/8", '"fd00::/8"', "a private IPv4 range of /16 to /20", EXAMPLE, id="IPv6"
        ),
        pytest.param("network.zones", 4, "4", "a whole number from 2 to 3", EXAMPLE, id="number too large"),
        pytest.param("network.zones", 2.5, "2.5", "a whole number from 2 to 3", EXAMPLE, id="no whole number"),
        pytest.param("network.zones", True, "true", "a whole number from 2 to 3", EXAMPLE, id="boolean for number"),
        pytest.param("network.zones", "two", '"two"', "a whole number from 2 to 3", EXAMPLE, id="word for number"),
        pytest.param("network.zones", float("nan"), "NaN", "a whole number from 2 to 3", EXAMPLE, id="not a number"),
        pytest.param(
            "singleuser.cpu.limit", float("inf"), "Infinity", "a number above 0 to 192", EXAMPLE, id="infinite"
        ),
        pytest.param("singleuser.cpu.limit", "2 CPUs", '"2 CPUs"', "a number above 0 to 192", EXAMPLE, id="with unit"),
        pytest.param("singleuser.memory.limit", "4Gi", '"4Gi"', LIMIT, EXAMPLE, id="memory as in Kubernetes"),
        pytest.param("storage.keep", "yes", '"yes"', "true or false", EXAMPLE, id="word for boolean"),
        pytest.param("storage.keep", 1, "1", "true or false", EXAMPLE, id="number for boolean"),
        pytest.param(
            "nodes.user.instance.types",
            ["m6i"],
            '"m6i"',
            "a list of at least one EC2 instance type",
            EXAMPLE,
            id="instance family",
        ),
        pytest.param(
            "nodes.user.instance.types",
            [],
            "[]",
            "a list of at least one EC2 instance type",
            EXAMPLE,
            id="no instance type",
        ),
        pytest.param(
            "nodes.user.instance.types",
            "m6i.large,g5.xlarge",
            '"g5.xlarge"',
            "a list of at least one EC2 instance type",
            "take others; types with GPUs are named by sizes of profiles (docs/profiles.md)",
            id="accelerated type",
        ),
        pytest.param(
            "singleuser.image",
            "quay.io/jupyter/base-notebook",
            '"quay.io/jupyter/base-notebook"',
            IMAGE,
            "add a tag that never moves, such as :2026-07-28, or a digest",
            id="image without a tag",
        ),
        pytest.param(
            "singleuser.image",
            "localhost:5000/lab",
            '"localhost:5000/lab"',
            IMAGE,
            "add a tag that never moves, such as :2026-07-28, or a digest",
            id="port for a tag",
        ),
        pytest.param(
            "singleuser.image",
            "lab:latest",
            '"lab:latest"',
            IMAGE,
            "name a version instead of latest, which changes under your users' feet",
            id="latest",
        ),
        pytest.param(
            "network.zone.names",
            ["euw1-az1"],
            '"euw1-az1"',
            "a list of availability zones by name",
            "give the zone's name, not its id: the name ends in a letter, as eu-central-1a does",
            id="zone by id",
        ),
    ],
)
def test_value_is_refused(key: str, value: object, got: str, allowed: str, fix: str) -> None:
    assert problems({key: value}) == [Problem(key, got, allowed, fix or BY_KEY[key].fix)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hub.title", "a ${Token[TOKEN.9]} b"),
        ("hub.announcement", "#{Token[TOKEN.9]}"),
        ("users.allowed", ["#{Token[TOKEN.9]}"]),
        ("users.allowed", "#{Token[TOKEN.9]}"),
        ("clientId", "#{Token["),
    ],
)
def test_what_the_cdk_would_fill_in_is_refused(key: str, value: Any) -> None:
    (problem,) = problems({key: value})
    assert (problem.key, problem.fix) == (key, "leave out {Token[, by which the CDK marks what it fills in itself")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("users.allowed", [""], id="one blank entry"),
        pytest.param("users.allowed", " , ", id="text of nothing"),
        pytest.param("groups.allowed", [" ", ""], id="several blank entries"),
    ],
)
def test_list_that_admits_nobody_is_refused(key: str, value: object) -> None:
    allowed = "a list of names, as JSON or separated by commas"
    fix = "name at least one, or remove the key"
    assert [(problem.allowed, problem.fix) for problem in problems({key: value})] == [(allowed, fix)]


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        pytest.param("dev.subzone.name", "give a value", id="required"),
        pytest.param("users.allowed", "give a value, or remove the key", id="list"),
        pytest.param("ingress.allowed.cidrs", "give a value, or remove the key", id="unset shell variable"),
    ],
)
def test_empty_text_is_refused(key: str, fix: str) -> None:
    assert problems({key: ""}) == [Problem(key, '""', BY_KEY[key].allowed, fix)]


WHOLE = "replace the placeholder with your own value"
WITHIN = "replace the placeholder in it with your own value"


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        pytest.param("parent.dns.account", "<PARENT_ACCOUNT>", WHOLE, id="angle brackets"),
        pytest.param("clientId", "<your client id>", WHOLE, id="angle brackets with blanks"),
        pytest.param("clientId", "changeme", WHOLE, id="changeme"),
        pytest.param("clientId", "CHANGE-ME", WHOLE, id="change-me"),
        pytest.param("clientId", "replace_me", WHOLE, id="replace me"),
        pytest.param("clientId", "your-client-id", WHOLE, id="your-"),
        pytest.param("clientId", "${CLIENT_ID}", WHOLE, id="variable of a shell"),
        pytest.param("jupyterhub.subzone.name", "your-hub.hub.domain.com", WHOLE, id="host"),
        pytest.param("certificateArn", CERTIFICATE.replace("444455556666", "<ACCOUNT>"), WITHIN, id="within an ARN"),
        pytest.param("users.allowed", ["ada", "<someone>"], WHOLE, id="in a list"),
        pytest.param("tags", {"team": "<team>"}, WHOLE, id="in an object"),
    ],
)
def test_placeholder_is_refused(key: str, value: object, fix: str) -> None:
    assert [(problem.key, problem.fix) for problem in problems({key: value})] == [(key, fix)]


def test_placeholder_for_the_secret_is_refused() -> None:
    expected = Problem("clientSecret", "(not shown)", "text on one line", WHOLE)
    assert problems({"clientSecret": "<SECRET>"}) == [expected]


def test_secret_may_hold_what_looks_like_a_placeholder() -> None:
    assert problems({"clientSecret": "a<b>c${d}"}) == []


@pytest.mark.parametrize("setting", BY_KEY.values(), ids=lambda setting: setting.key)
def test_example_is_valid(setting: Any, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "identity-ca.pem").write_text(Authority(tmp_path, "Ours").certificate.read_text())
    (tmp_path / "profiles.yaml").write_text("notebook: {title: Notebook}")
    (tmp_path / "limits.yaml").write_text("others: {servers: 40}")
    (tmp_path / "startup.sh").write_text("echo hello")
    (tmp_path / "access.yaml").write_text("everybody: {data: {open: {bucket: open-data}}}")
    found = problems({setting.key: setting.example}, folder=tmp_path)
    assert [problem for problem in found if problem.allowed == setting.allowed] == []
