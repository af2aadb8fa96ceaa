"""How single values are written, as regular expressions that Python's `re` and ECMA's (of JSON schemas) read alike.

Each describes a value whole, without anchors, as it is when the blanks around it are gone.
"""

from blueprint.config.facts.regions import REGIONS

BLANK = r" \t\r\n"
"""What may stand around a value, as the inside of a character class: the blanks that JSON knows."""
HIDDEN = (
    r"\x00-\x1f\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\uf8ff\ufeff\ufff9-\uffff"
    "\U000e0000-\U0010ffff"  # literal, because Python and ECMA write characters beyond \uffff differently
)
"""Controls, marks that nobody sees, all blanks but the space, and what has no meaning of its own; inside a class."""

REGION = f"(?:{'|'.join(REGIONS)})"
ACCOUNT = "[0-9]{12}"
_ARN = "arn:aws"
CERTIFICATE_ARN = f"{_ARN}:acm:{REGION}:{ACCOUNT}:certificate/[A-Za-z0-9-]+"
KMS_KEY_ARN = f"{_ARN}:kms:{REGION}:{ACCOUNT}:key/[A-Za-z0-9-]+"
WEB_ACL_ARN = f"{_ARN}:wafv2:{REGION}:{ACCOUNT}:regional/webacl/[A-Za-z0-9_-]+/[A-Za-z0-9-]+"
TOPIC_ARN = f"{_ARN}:sns:{REGION}:{ACCOUNT}:[A-Za-z0-9_-]{{1,256}}"
ROLE_ARN = f"{_ARN}:iam::{ACCOUNT}:role/[A-Za-z0-9_+=,.@/-]+"
POLICY_ARN = f"{_ARN}:iam::(?:aws|{ACCOUNT}):policy/[A-Za-z0-9_+=,.@/-]+"
SECRET = f"[A-Za-z0-9/_+=.@-]{{1,512}}|{_ARN}:secretsmanager:{REGION}:{ACCOUNT}:secret:[A-Za-z0-9/_+=.@-]+"

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = rf"(?=[A-Za-z0-9.-]{{1,253}}(?![A-Za-z0-9-]))(?:{_LABEL}\.)+(?![0-9]){_LABEL}"

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PRIVATE = r"(?=10\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|192\.168\.|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.)"

_PATH = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = rf"(?:{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?/)?{_PATH}(?:/{_PATH})*"
_IMAGE_TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
IMAGE = (
    rf"(?=[!-~]{{3,255}}(?![!-~]))"
    rf"{_REPOSITORY}(?::(?!latest(?![A-Za-z0-9_.-])){_IMAGE_TAG}|(?::{_IMAGE_TAG})?@sha256:[0-9a-f]{{64}})"
)
"""An image that stays the same, by tag or by digest.

Grammar: https://github.com/distribution/reference/blob/main/reference.go
"""


def line(longest: int | None = None, without: str = "") -> str:
    """Any text on one line; `without` holds signs that may not be in it, as the inside of a character class."""
    between = "*" if longest is None else f"{{0,{longest - 2}}}"
    return f"[^{HIDDEN}{without} ](?:[^{HIDDEN}{without}]{between}[^{HIDDEN}{without} ])?"


_NOT_IN_TAGS = r"!-*,;<>?\[-^`{-~"
# Of what is not ASCII AWS takes letters and digits only, which no pattern that Python and ECMA share can tell apart.
TAG_NAME = f"(?![Aa][Ww][Ss]:){line(128, _NOT_IN_TAGS + '=')}"
TAG_VALUE = f"(?:{line(256, _NOT_IN_TAGS)})?"


def placeholder(without: str = "") -> str:
    """What stands for a value that nobody has filled in; `without` holds characters that end it."""
    words = "(?:[Cc][Hh][Aa][Nn][Gg][Ee]|[Rr][Ee][Pp][Ll][Aa][Cc][Ee])[_ -]?[Mm][Ee]"
    rest = f"[^{without}]*" if without else r"[\s\S]*"
    return rf"<[^<>{without}]+>|\$\{{[^{{}}{without}]*\}}|{words}|[Yy][Oo][Uu][Rr][_-]{rest}"


MADE_BY_CDK = r"[$#]\{Token\["
"""How the CDK marks, in text, what it fills in itself."""
PLACEHOLDER_WITHIN = rf"<[A-Za-z_][^<>]*>|\$\{{[^{{}}]*\}}|{MADE_BY_CDK}"


def whole(low: int, high: int) -> str:
    """The whole numbers from `low` to `high`, in digits."""
    ranges = ((max(low, 10**digits), min(high, 10 ** (digits + 1) - 1)) for digits in range(1, len(str(high))))
    parts = [_of_equal_length(str(low), str(min(high, 9)))] if low <= 9 else []
    return "|".join([*parts, *(_of_equal_length(str(first), str(last)) for first, last in ranges if first <= last)])


def decimal(highest: int) -> str:
    """The numbers above 0 up to `highest`, with six decimal places at most."""
    fraction = r"(?:\.[0-9]{1,6})?"
    return rf"(?![0.]+(?![0-9.]))(?:(?:{whole(0, highest - 1)}){fraction}|{highest}(?:\.0{{1,6}})?)"


def _of_equal_length(low: str, high: str) -> str:
    if not low:
        return ""
    if low[0] == high[0]:
        return low[0] + _of_equal_length(low[1:], high[1:])
    rest, first, last = len(low) - 1, int(low[0]), int(high[0])
    parts = []
    if low[1:] != "0" * rest:
        parts.append(low[0] + _of_equal_length(low[1:], "9" * rest))
        first += 1
    if high[1:] != "9" * rest:
        parts.append(high[0] + _of_equal_length("0" * rest, high[1:]))
        last -= 1
    if first <= last:
        parts.append(f"[{first}-{last}]" + (f"[0-9]{{{rest}}}" if rest else ""))
    return f"(?:{'|'.join(parts)})"


def _ranges(shortest: int, longest: int) -> str:
    """IPv4 ranges by their first address: after the bits of the prefix come zeros only."""
    ends = []
    for bits in range(8):
        lengths = [8 * octet + bits for octet in range(4) if shortest <= 8 * octet + bits <= longest]
        if lengths:
            zeros = (r"\.0" * (3 - length // 8) + f"/{length}" for length in lengths)
            ends.append(f"(?:{_multiples(bits)})(?:{'|'.join(zeros)})")
    return rf"(?=(?:[0-9]+\.){{3}}[0-9]+/)(?:{_OCTET}\.){{0,3}}(?:{'|'.join(ends)})"


def _multiples(bits: int) -> str:
    """The octets in which only the first bits may be set."""
    return "|".join(str(number) for number in range(0, 256, 2 ** (8 - bits)))


CIDR = rf"{_ranges(0, 31)}|(?:{_OCTET}\.){{3}}{_OCTET}(?:/32)?"
"""An IPv4 range that begins at its first address, or one address."""
VPC_CIDR = _PRIVATE + _ranges(16, 20)
URL = rf"[Hh][Tt][Tt][Pp][Ss]://{HOST}(?::(?:{whole(1, 65535)}))?(?:[/?][^#{HIDDEN} ]*)?"
CONTACT = rf"[^@:/<>\x22{HIDDEN} ]{{1,64}}@[A-Za-z0-9.-]{{1,190}}|(?:{URL})(?:#[^{HIDDEN} ]*)?"
"""An e-mail address; or a URL, which may lead to a part of a page."""
