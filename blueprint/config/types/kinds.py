"""The types of the settings: each says once what it allows, as a pattern for machines and in the deployer's words.

pydantic runs what stands before a type's own check from right to left, and what comes after it from left to right.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema

from blueprint.config.facts import instances
from blueprint.config.facts.kubernetes import MINORS
from blueprint.config.facts.regions import REGIONS
from blueprint.config.notice import KINDS
from blueprint.config.types import checks, forms, parsing, patterns, places, windows
from blueprint.config.types.marks import Allowed, Matches, Parser

WHOLE = Parser(parsing.whole, forms.number)
DECIMAL = Parser(parsing.decimal, forms.number)
_text = Parser(parsing.text, forms.text)
_free_text = Parser(parsing.free_text, forms.free_text)
_BY_BLANKS = f",{patterns.BLANK}"
_list = Parser(parsing.entries(_BY_BLANKS), forms.entries(_BY_BLANKS))
_names = Parser(parsing.entries(","), forms.entries(","))  # names of people and groups may hold blanks
_once = AfterValidator(checks.unique)
_arn = BeforeValidator(places.arn)

Text = Annotated[str, Matches(patterns.line(512)), _text, Allowed("text of up to 512 characters")]
Secret = Annotated[SecretStr, Parser(checks.client_secret, forms.free_text), Allowed("text on one line")]
Boolean = Annotated[bool, Parser(parsing.boolean, forms.boolean), Allowed("true or false")]

Name = Annotated[
    str,
    Matches("[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?"),
    _text,
    Allowed("1 to 24 lower-case letters, digits and hyphens, the first a letter and the last no hyphen"),
]
Account = Annotated[
    str,
    Matches(patterns.ACCOUNT),
    Parser(parsing.account, forms.account),
    Allowed("an AWS account id: 12 digits"),
]
Accounts = Annotated[list[Account], _list, _once, Allowed("a list of AWS account ids of 12 digits")]
Region = Annotated[
    str,
    WithJsonSchema({"enum": list(REGIONS)}),
    BeforeValidator(places.region),
    _text,
    Allowed("a region of the partition aws that has EKS"),
]
Organization = Annotated[
    str,
    Matches("o-[a-z0-9]{10,32}"),
    _text,
    Allowed("the id of an AWS organisation: o- and 10 to 32 lower-case letters and digits"),
]
Tags = Annotated[
    dict[str, str],
    AfterValidator(checks.tags),
    WithJsonSchema(forms.tags(names=patterns.TAG_NAME, values=patterns.TAG_VALUE, most=40)),
    Parser(parsing.mapping, forms.mapping),
    Allowed("a JSON object of text to text"),
]

Acknowledgements = Annotated[
    dict[str, str],
    AfterValidator(checks.acknowledgements),
    WithJsonSchema(forms.acknowledgements([f"{prefix}{kind}" for prefix in checks.ACKNOWLEDGED_AS for kind in KINDS])),
    Parser(parsing.mapping, forms.mapping),
    Allowed("a JSON object of the ids of warnings to reasons"),
]

Domain = Annotated[
    str,
    Matches(rf"{patterns.HOST}\.?"),
    AfterValidator(checks.domain),
    BeforeValidator(checks.bare_domain),
    _text,
    Allowed("a domain name of two labels or more"),
]
Url = Annotated[
    str,
    Matches(patterns.URL),
    AfterValidator(checks.https_url),
    BeforeValidator(checks.fit_for_an_endpoint),
    _text,
    Allowed("an https URL with a full host name and without a fragment"),
]
HostedZoneId = Annotated[
    str,
    Matches("Z[A-Z0-9]{1,31}"),
    _text,
    Allowed("the id of a Route 53 hosted zone: Z, then capitals and digits"),
]
RoleName = Annotated[
    str,
    Matches("[A-Za-z0-9_+=,.@-]{1,64}"),
    _text,
    Allowed("the name of an IAM role, without its path: up to 64 letters, digits and _ + = , . @ -"),
]
ExternalId = Annotated[
    str,
    Matches("[A-Za-z0-9_+=,.@:/-]{2,1224}"),
    _text,
    Allowed("2 to 1224 letters, digits and _ + = , . @ : / -"),
]

CertificateArn = Annotated[
    str, Matches(patterns.CERTIFICATE_ARN), _arn, _text, Allowed("the ARN of an ACM certificate")
]
SecretArn = Annotated[
    str, Matches(patterns.SECRET), _arn, _text, Allowed("the name or the ARN of a Secrets Manager secret")
]
SecretEntry = Annotated[
    str,
    Matches("[A-Za-z0-9_-]{1,128}"),
    _text,
    Allowed("the name of an entry: up to 128 letters, digits, _ and -"),
]
KmsKeyArn = Annotated[
    str,
    Matches(patterns.KMS_KEY_ARN),
    BeforeValidator(places.no_alias),
    _arn,
    _text,
    Allowed("the ARN of a KMS key"),
]
WafArn = Annotated[
    str,
    Matches(f"unmanaged|{patterns.WEB_ACL_ARN}"),
    BeforeValidator(places.not_global),
    _arn,
    _text,
    Allowed("the ARN of a WAFv2 web ACL of scope REGIONAL, or unmanaged"),
]
TopicArn = Annotated[str, Matches(patterns.TOPIC_ARN), _arn, _text, Allowed("the ARN of an SNS topic that is not FIFO")]
RoleArn = Annotated[
    str,
    Matches(patterns.ROLE_ARN),
    BeforeValidator(places.sso_with_path),
    BeforeValidator(places.no_session_or_user),
    _arn,
    _text,
    Allowed("the ARN of an IAM role"),
]
RoleArns = Annotated[list[RoleArn], _list, _once, Allowed("a list of IAM role ARNs")]
PolicyArn = Annotated[
    str, Matches(patterns.POLICY_ARN), _arn, _text, Allowed("the ARN of an IAM policy, AWS's or this account's")
]
Bucket = Annotated[
    str,
    Matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    _text,
    Allowed("the name of an S3 bucket, without s3://"),
]

Entry = Annotated[str, Matches(patterns.line(255)), _text, Allowed("text that is not blank")]
NameInFull = Annotated[
    str,
    Matches(patterns.line(255, "*")),
    BeforeValidator(checks.no_pattern),
    _text,
    Allowed("text that is not blank"),
]
Names = Annotated[list[NameInFull], _once, _names, Allowed("a list of names, as JSON or separated by commas")]
Scopes = Annotated[list[Entry], _once, _list, Allowed("a list of OAuth scopes")]

KubernetesVersion = Annotated[
    str,
    WithJsonSchema({"enum": list(MINORS)}),
    Parser(checks.minor, forms.minor),
    Allowed(f"one of {', '.join(MINORS)}"),
]

Cidr = Annotated[
    str,
    Matches(patterns.CIDR),
    AfterValidator(checks.cidr),
    BeforeValidator(checks.first_address),
    _text,
    Allowed("an IPv4 range such as 10.0.0.0/8"),
]
Cidrs = Annotated[list[Cidr], _once, _list, Allowed("a list of IPv4 ranges such as 10.0.0.0/8")]
# Each range is a rule for port 80 and one for 443, and a security group has at most 60.
ClientCidrs = Annotated[
    list[Cidr],
    Field(min_length=1, max_length=30),
    _once,
    BeforeValidator(checks.clients),
    _list,
    Allowed("a list of 1 to 30 IPv4 ranges such as 10.0.0.0/8"),
]
VpcCidr = Annotated[
    str,
    Matches(patterns.VPC_CIDR),
    BeforeValidator(checks.room_for_a_vpc),
    BeforeValidator(checks.first_address),
    _text,
    Allowed("a private IPv4 range of /16 to /20"),
]
VpcId = Annotated[
    str,
    Matches("vpc-[0-9a-f]{8,17}"),
    _text,
    Allowed("the id of a VPC: vpc- and 8 to 17 hexadecimal digits"),
]
SubnetId = Annotated[str, Matches("subnet-[0-9a-f]{8,17}"), _text, Allowed("the id of a subnet")]
Subnets = Annotated[list[SubnetId], _list, Allowed("a list of subnet ids, one of each zone")]
Zone = Annotated[
    str,
    Matches(f"{patterns.REGION}[a-z]"),
    BeforeValidator(places.no_zone_id),
    _text,
    Allowed("the name of an availability zone"),
]
Zones = Annotated[list[Zone], _list, Allowed("a list of availability zones by name")]

InstanceType = Annotated[
    str,
    Matches(f"{instances.X86}|{instances.ARM}"),
    BeforeValidator(checks.not_accelerated),
    _text,
    Allowed("an EC2 instance type"),
]
AnyInstanceTypes = Annotated[
    list[
        Annotated[
            str,
            Matches(instances.ANY_OR_FAMILY),
            _text,
            Allowed("an EC2 instance type, or a family with .* behind it"),
        ]
    ],
    Field(min_length=1),
    _once,
    AfterValidator(checks.of_one_architecture),
    Parser(parsing.entries(_BY_BLANKS), forms.entries(_BY_BLANKS)),
    Allowed("a list of at least one EC2 instance type, or family such as m7i.*"),
]
InstanceTypes = Annotated[
    list[InstanceType],
    Field(min_length=1),
    _once,
    AfterValidator(checks.of_one_architecture),
    Parser(
        parsing.entries(_BY_BLANKS),
        forms.alternatives(forms.entries(_BY_BLANKS), instances.X86, instances.ARM),
    ),
    Allowed("a list of at least one EC2 instance type"),
]

Window = Annotated[
    str,
    Matches(windows.PATTERN),
    BeforeValidator(windows.canonical),
    _text,
    Allowed(f"times of the week, such as {windows.EXAMPLE}"),
]
Windows = Annotated[list[Window], _once, _names, Allowed(f"a list of times of the week, such as {windows.EXAMPLE}")]

Quantity = Annotated[
    str,
    Matches("[1-9][0-9]{0,8}(?:Mi|Gi|Ti|M|G|T)"),
    _text,
    Allowed("a Kubernetes quantity: a whole number and Mi, Gi, Ti, M, G or T"),
]
Memory = Annotated[
    str,
    Matches(r"[1-9][0-9]{0,8}(?:\.[0-9]{1,3})?[MGT]|0\.(?!0+[GT])[0-9]{1,3}[GT]"),
    _text,
    Allowed("an amount of memory as JupyterHub writes it: a number and M, G or T (not Gi)"),
]
Image = Annotated[
    str,
    Matches(patterns.IMAGE),
    BeforeValidator(checks.pinned),
    _text,
    Allowed("a container image with a fixed tag or a digest"),
]
Path = Annotated[str, Matches("/[!-~]{0,255}"), _text, Allowed("a path that begins with /")]

Title = Annotated[str, Matches(patterns.line(60)), _free_text, Allowed("text of up to 60 characters")]
Announcement = Annotated[
    str,
    Matches(patterns.line(500)),
    _free_text,
    Allowed("text on one line of up to 500 characters"),
]
Contact = Annotated[
    str,
    Matches(patterns.CONTACT),
    AfterValidator(checks.contact),
    BeforeValidator(checks.fit_for_a_contact),
    _text,
    Allowed("an e-mail address, or the https URL of a page"),
]
Email = Annotated[
    str,
    Matches(f"[^@{patterns.HIDDEN} ]{{1,64}}@[A-Za-z0-9.-]{{1,190}}"),
    _text,
    Allowed("an e-mail address"),
]
Dollars = Annotated[
    float, Field(gt=0, le=10_000_000), DECIMAL, Allowed("a number of US dollars above 0, up to 10,000,000")
]
# So many addresses, with a topic, an alert of AWS Budgets has at most; and so many alerts a budget.
Emails = Annotated[list[Email], Field(max_length=10), _once, _list, Allowed("a list of up to 10 e-mail addresses")]
Alert = Annotated[
    str, Matches("(?:actual|forecast) [1-9][0-9]{0,2}%"), _text, Allowed("such as actual 80% or forecast 100%")
]
Alerts = Annotated[
    list[Alert],
    Field(min_length=1, max_length=10),
    _once,
    _names,
    Allowed("a list of 1 to 10 alerts such as actual 80% or forecast 100%"),
]
DomainPrefix = Annotated[
    str,
    Matches(f"(?![a-z0-9-]*(?:{'|'.join(checks.BRANDS)}))[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?"),
    BeforeValidator(checks.no_brand),
    _text,
    Allowed("1 to 63 lower-case letters, digits and hyphens"),
]

Provider = Annotated[Literal["generic", "auth0", "cognito"], _text]
ClientAuthentication = Annotated[Literal["client_secret_post", "client_secret_basic"], _text]
SecondFactor = Annotated[Literal["off", "optional", "required"], _text]
SubzoneAccount = Annotated[Literal["workload", "parent"], _text]
Endpoint = Annotated[Literal["private", "public"], _text]
Scheme = Annotated[Literal["internet-facing", "internal"], _text]
Capacity = Annotated[Literal["on-demand", "spot"], _text]
Compute = Annotated[Literal["nodes", "fargate"], _text]
Scaling = Annotated[Literal["managed", "karpenter"], _text]
Home = Annotated[Literal["efs", "ebs"], _text]
Throughput = Annotated[Literal["elastic", "bursting"], _text]
ArchiveDays = Annotated[Literal[0, 7, 14, 30, 60, 90, 180, 270, 365], WHOLE]
