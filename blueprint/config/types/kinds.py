"""The types of the settings: each says once, in the deployer's words, what it allows.

pydantic runs "before" validators from right to left, and keeps a constraint in the JSON schema only where it
stands in front of them.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema

from blueprint.config.facts import instances
from blueprint.config.facts.kubernetes import MINORS
from blueprint.config.notice import KINDS
from blueprint.config.types import checks, parsing
from blueprint.config.types.checks import ARN, REGION


@dataclass(frozen=True)
class Allowed:
    """What a value may be, printed whenever it is anything else."""

    text: str


WHOLE = BeforeValidator(parsing.whole)
DECIMAL = BeforeValidator(parsing.decimal)
_text = BeforeValidator(parsing.text)
_list = BeforeValidator(parsing.entries(r"[,\s]+"))
_names = BeforeValidator(parsing.entries(","))  # names of people and groups may hold blanks
_once = AfterValidator(checks.unique)

Text = Annotated[str, Field(min_length=1, max_length=512), _text, Allowed("text of up to 512 characters")]
Secret = Annotated[SecretStr, BeforeValidator(checks.client_secret), Allowed("text on one line")]
Boolean = Annotated[bool, BeforeValidator(parsing.boolean), Allowed("true or false")]

Name = Annotated[
    str,
    Field(pattern=r"^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$"),
    _text,
    Allowed("1 to 24 lower-case letters, digits and hyphens, the first a letter and the last no hyphen"),
]
Account = Annotated[
    str,
    Field(pattern="^[0-9]{12}$"),
    BeforeValidator(parsing.account),
    Allowed("an AWS account id: 12 digits"),
]
Accounts = Annotated[list[Account], _list, _once, Allowed("a list of AWS account ids of 12 digits")]
Region = Annotated[str, Field(pattern=f"^{REGION}$"), _text, Allowed("an AWS region")]
Organization = Annotated[
    str,
    Field(pattern="^o-[a-z0-9]{10,32}$"),
    _text,
    Allowed("the id of an AWS organisation: o- and 10 to 32 lower-case letters and digits"),
]
Tags = Annotated[
    dict[str, str],
    AfterValidator(checks.tags),
    BeforeValidator(parsing.mapping),
    Allowed("a JSON object of text to text"),
]

Acknowledgements = Annotated[
    dict[str, str],
    AfterValidator(checks.acknowledgements),
    BeforeValidator(parsing.mapping),
    Allowed("a JSON object of the ids of warnings to reasons"),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"enum": [f"{prefix}{kind}" for prefix in checks.ACKNOWLEDGED_AS for kind in KINDS]},
            "additionalProperties": {"type": "string", "pattern": r"\S"},
        }
    ),
]

Domain = Annotated[str, AfterValidator(checks.domain), _text, Allowed("a domain name of two labels or more")]
Url = Annotated[
    str,
    AfterValidator(checks.https_url),
    _text,
    Allowed("an https URL with a full host name and without a fragment"),
]
HostedZoneId = Annotated[
    str,
    Field(pattern="^Z[A-Z0-9]{1,31}$"),
    _text,
    Allowed("the id of a Route 53 hosted zone: Z, then capitals and digits"),
]
RoleName = Annotated[
    str,
    Field(pattern="^[A-Za-z0-9_+=,.@-]{1,64}$"),
    _text,
    Allowed("the name of an IAM role, without its path: up to 64 letters, digits and _ + = , . @ -"),
]
ExternalId = Annotated[
    str,
    Field(pattern="^[A-Za-z0-9_+=,.@:/-]{2,1224}$"),
    _text,
    Allowed("2 to 1224 letters, digits and _ + = , . @ : / -"),
]

CertificateArn = Annotated[
    str,
    Field(pattern=rf"{ARN}:acm:{REGION}:[0-9]{{12}}:certificate/[A-Za-z0-9-]+$"),
    _text,
    Allowed("the ARN of an ACM certificate"),
]
SecretArn = Annotated[
    str,
    AfterValidator(checks.secret_arn),
    _text,
    Allowed("the name or the ARN of a Secrets Manager secret"),
]
KmsKeyArn = Annotated[
    str,
    Field(pattern=rf"{ARN}:kms:{REGION}:[0-9]{{12}}:key/[A-Za-z0-9-]+$"),
    BeforeValidator(checks.no_alias),
    _text,
    Allowed("the ARN of a KMS key"),
]
WafArn = Annotated[
    str,
    Field(pattern=rf"^unmanaged$|{ARN}:wafv2:{REGION}:[0-9]{{12}}:regional/webacl/[A-Za-z0-9_-]+/[A-Za-z0-9-]+$"),
    BeforeValidator(checks.not_global),
    _text,
    Allowed("the ARN of a WAFv2 web ACL of scope REGIONAL, or unmanaged"),
]
RoleArn = Annotated[
    str,
    Field(pattern=rf"{ARN}:iam::[0-9]{{12}}:role/[A-Za-z0-9_+=,.@/-]+$"),
    BeforeValidator(checks.no_session_or_user),
    _text,
    Allowed("the ARN of an IAM role"),
]
RoleArns = Annotated[list[RoleArn], _list, _once, Allowed("a list of IAM role ARNs")]
Bucket = Annotated[
    str,
    Field(pattern="^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"),
    _text,
    Allowed("the name of an S3 bucket, without s3://"),
]

Entry = Annotated[str, Field(min_length=1, max_length=255), _text, Allowed("text that is not blank")]
Names = Annotated[list[Entry], _once, _names, Allowed("a list of names, as JSON or separated by commas")]
Scopes = Annotated[list[Entry], _once, _list, Allowed("a list of OAuth scopes")]

KubernetesVersion = Annotated[
    str,
    BeforeValidator(checks.minor),
    Allowed(f"one of {', '.join(MINORS)}"),
    WithJsonSchema({"type": "string", "enum": list(MINORS)}),
]

Cidr = Annotated[str, AfterValidator(checks.cidr), _text, Allowed("an IPv4 range such as 10.0.0.0/8")]
Cidrs = Annotated[list[Cidr], _once, _list, Allowed("a list of IPv4 ranges such as 10.0.0.0/8")]
VpcCidr = Annotated[Cidr, AfterValidator(checks.vpc_cidr), Allowed("a private IPv4 range of /16 to /20")]
VpcId = Annotated[
    str,
    Field(pattern="^vpc-[0-9a-f]{8,17}$"),
    _text,
    Allowed("the id of a VPC: vpc- and 8 to 17 hexadecimal digits"),
]
SubnetId = Annotated[str, Field(pattern="^subnet-[0-9a-f]{8,17}$"), _text, Allowed("the id of a subnet")]
Subnets = Annotated[list[SubnetId], _once, _list, Allowed("a list of subnet ids, one of each zone")]
Zone = Annotated[
    str,
    Field(pattern=f"^{REGION}[a-z]$"),
    BeforeValidator(checks.no_zone_id),
    _text,
    Allowed("the name of an availability zone"),
]
Zones = Annotated[list[Zone], _once, _list, Allowed("a list of availability zones by name")]

InstanceType = Annotated[
    str,
    Field(pattern=instances.PATTERN),
    AfterValidator(checks.not_accelerated),
    _text,
    Allowed("an EC2 instance type"),
]
InstanceTypes = Annotated[
    list[InstanceType],
    Field(min_length=1),
    _once,
    _list,
    Allowed("a list of at least one EC2 instance type"),
]

Quantity = Annotated[
    str,
    Field(pattern="^[1-9][0-9]{0,8}(Mi|Gi|Ti|M|G|T)$"),
    _text,
    Allowed("a Kubernetes quantity: a whole number and Mi, Gi, Ti, M, G or T"),
]
Memory = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{0,8}(\.[0-9]{1,3})?[MGT]$|^0\.[0-9]{1,3}[GT]$"),
    _text,
    Allowed("an amount of memory as JupyterHub writes it: a number and M, G or T (not Gi)"),
]
Image = Annotated[
    str,
    Field(pattern="^[A-Za-z0-9][A-Za-z0-9._:/@-]{2,254}$"),
    AfterValidator(checks.pinned),
    _text,
    Allowed("a container image with a fixed tag or a digest"),
]
Path = Annotated[str, Field(pattern="^/[!-~]{0,255}$"), _text, Allowed("a path that begins with /")]

Email = Annotated[
    str,
    Field(pattern="^[^@ ]{1,64}@[A-Za-z0-9.-]{1,190}$"),
    _text,
    Allowed("an e-mail address"),
]
DomainPrefix = Annotated[
    str,
    Field(pattern="^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"),
    AfterValidator(checks.no_brand),
    _text,
    Allowed("1 to 63 lower-case letters, digits and hyphens"),
]

Provider = Annotated[Literal["generic", "auth0", "cognito"], _text]
SecondFactor = Annotated[Literal["off", "optional", "required"], _text]
SubzoneAccount = Annotated[Literal["workload", "parent"], _text]
Endpoint = Annotated[Literal["private", "public"], _text]
Scheme = Annotated[Literal["internet-facing", "internal"], _text]
Capacity = Annotated[Literal["on-demand", "spot"], _text]
Home = Annotated[Literal["efs", "ebs"], _text]
Throughput = Annotated[Literal["elastic", "bursting"], _text]
ArchiveDays = Annotated[Literal[0, 7, 14, 30, 60, 90, 180, 270, 365], WHOLE]
