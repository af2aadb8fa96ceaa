"""Values right for one setting or another, nearly right, or hostile: each may be tried with every setting."""

from typing import Any

from blueprint.config.settings import SETTINGS

_ID = "12345678-1234-1234-1234-123456789012"
_OF = "eu-central-1:111122223333"
# fmt: off
TEXTS = [
    # any text
    "", " ", "\n", "a", "Z", "0", "ada", "Ada Lovelace", " ada ", "ada\n", "a\nb", "a\tb", "-", "_", ".", ",", "[",
    "{",
    *("x" * length for length in (24, 25, 63, 64, 255, 256, 512, 513, 1225)), "é" * 255, "9a", "a-", "a-b", "A-b",
    "a b",
    "a=b", "a:b", "a@b", "a@b.example", "@b.example", "a b@c.example", "/lab", "/l b", "Zürich", "€", "日本",
    "\u00a0ada", "a\u200bb", "\ufeffada", "a\u2028b", "\ud800", "\U000e0041", "\U0001f600",
    # truth and numbers
    "true", "TRUE ", "False", "yes", "1", "on", "null", "None", "NaN", "Infinity", "1e3", "0x10", "+1", "-1", "-0",
    "007",
    "2", "3", "4", "5.0", "5.5", "0.5", "0.0", "0.000001", "0.0000001", "60", "59", "192", "192.0", "192.5",
    "365.0000001",
    "450", "451", "1024", "3600", "16384", "86400", "86401", "31536000", "31536001", "9" * 19, "0" * 30, "1.", ".5",
    "1.29", "1.3", "1.30", "1.35", "1x35", "1.35.2", " 1.36\n", "v1.35",
    # places of AWS
    "111122223333", "11112222333", "1111222233334", "1111-2222-3333", "012345678901", "١١١١٢٢٢٢٣٣٣٣",
    "eu-central-1", "eu-central-1a", "us-gov-west-1", "eu-central", "EU-CENTRAL-1", "euc1-az1",
    "eu-cental-1", "cn-north-1", "aws-global", f"arn:aws:acm:eu-cental-1:111122223333:certificate/{_ID}",
    f"arn:aws-cn:kms:cn-north-1:111122223333:key/{_ID}", "arn:aws-us-gov:iam::111122223333:role/Admin", "*", "a*",
    "Z0123456789ABCDEFGHIJ", "z0123", "o-a1b2c3d4e5", "o-a1b2", "vpc-0123456789abcdef0", "vpc-0123",
    "subnet-0123456789abcdef0",
    f"arn:aws:acm:{_OF}:certificate/{_ID}", f"arn:aws:acm:eu-central-1::certificate/{_ID}",
    f"arn:aws:kms:{_OF}:key/{_ID}", f"arn:aws:kms:{_OF}:alias/hub", "alias/hub",
    f"arn:aws:wafv2:{_OF}:regional/webacl/hub/{_ID}", f"arn:aws:wafv2:{_OF}:global/webacl/hub/{_ID}",
    "arn:aws:iam::111122223333:role/team/Platform,Admin", "arn:aws:iam::111122223333:user/ada",
    "arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:assumed-role/Admin/ada",
    f"arn:aws:secretsmanager:{_OF}:secret:jupyterhub/oauth-client-secret-AbCdEf", "jupyterhub/oauth-client-secret",
    "m6i.xlarge", "m7g.large", "a1.large", "g5.xlarge", "trn1.2xlarge", "m6i", "m6i.huge", "m6i.metal-24xl",
    "c8gn.large",
    # times of the week
    "weekdays 08:30\N{EN DASH}18:00 Europe/Berlin", "mon - Fri  08:30-24:00  UTC", "Sun-Thu 00:00-23:59 Etc/GMT-3",
    "Daily 22:00-06:00 UTC", "weekends 24:00-24:00 UTC", "Mon 8:00-9:00 UTC", "someday 08:00-09:00 UTC",
    "Mon 08:00-09:00 Europe/Berln", "Mon 08:00-09:00", "Mon 08:00\N{EM DASH}09:00 UTC",
    # names and addresses
    "example.com", "Example.COM.", "example", "a_b.com", "-a.com", "a.-b", "a.1", "*.example.com", "a..b",
    f"{'a.' * 126}a",
    f"{'a' * 63}.com", f"{'a' * 64}.com", "example.com/", "\u212a.com", "localhost",
    "https://example.com", "HTTPS://EXAMPLE.com:443/a?b=c", "http://example.com", "https://example.com/#a", "https://",
    "https://example.com:0", "https://example.com:65535/", "https://example.com:65536", "https://example.com:x",
    "//a.com",
    "https://u:p@example.com", "https://example", "https://example.com/a b", "https://[::1]/", "https://example.com/ü",
    "https://example.com\\@evil.com", "https://example.com?a=/@b", "https://1.2.3.4/", "https://example.com:",
    "10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0", "10.0.0", "010.0.0.0/8", "10.0.0.0/08",
    "0.0.0.0/0", "255.255.255.255/32", "256.0.0.0/8", "10.1.0.0/17", "10.0.64.0/17", "10.0.128.0/17", "198.18.0.0/16",
    "172.31.0.0/16", "172.32.0.0/16", "100.64.0.0/20", "192.168.16.0/20", "192.168.8.0/20", "10.0.0.0/255.0.0.0",
    "fd00::/8",
    # sizes, images, choices
    "10Gi", "500Mi", "0Gi", "10GB", "4G", "1.5T", "0.5G", "0.0G", "0.5M", "4Gi", "1234567890G",
    "lab:1", "lab", "lab:latest", "lab:latest-1", "quay.io/a/b:2026-07-28", "ecr.example:5000/lab:v1.2",
    "localhost:5000/lab",
    f"lab@sha256:{'0a' * 32}", f"lab:latest@sha256:{'0a' * 32}", "lab@sha256:0a", "a/b:", "Lab:1", "a//b:1",
    f"{'a' * 254}:1",
    "internal", "Internal", " internal", "efs", "workload", "auth0", "cognito", "on-demand", "our-aws-hub",
    "openid email",
    # what nobody has filled in
    "<HERE>", "a<b>c", "a<1>", "<1,2>", "${X}", "a${X}", "changeme", "Change-Me", "replace_me", "your-hub", "your-a,b",
    "ada,your-b", "a ${Token[TOKEN.9]} b", "${Token[TOKEN.9]}", "#{Token[TOKEN.9]}", "a,#{Token[TOKEN.9]}",
    '["#{Token[TOKEN.9]}"]', "#{a} {Token[",
    # lists and objects as text
    "a,b", "a, b ,", ",a", "a b c", "a,,b", ",".join(["a"] * 31), ",".join(["10.0.0.0/8"] * 31),
    "10.0.0.0/8\n10.0.0.1/32",
    "m6i.large m7g.large", "m6i.large,m6i.xlarge", "111122223333 444455556666", "eu-central-1a,eu-central-1b",
    "[]", "[ ]", '["a"]', '["a",]', '[,"a"]', '["a" "b"]', ' ["a" , " b "]\n', '["a",""]', '[" "]', '["a", "b]',
    '["ä"]',
    '["a\\u0062"]', '["a\\\\b"]', '["a\\"]', '["a\nb"]', "['a']", '["a"]]', '["changeme"]', '["<a>"]', '["a",["b"]]',
    "[111122223333]", '[ 111122223333.0 , "444455556666"]', "[11112222333]", "[1]", '["10.0.0.0/8","10.0.0.0/33"]',
    '[""]',
    "[null]", '["arn:aws:iam::111122223333:role/a,b"]',
    "arn:aws:iam::111122223333:role/a,arn:aws:iam::111122223333:role/b",
    "{}", '{"a": "b"}', '{"a": 1}', '{"a": }', "{'a': 'b'}", '{"a": "<b>"}', '{"team": "changeme"}', "team=a",
]
TYPED: list[Any] = [
    ["#{Token[TOKEN.9]}"], ["${Token[TOKEN.9]}"],
    None, True, False, 0, 1, 2, 3, 4, -1, 7, 20, 60, 450, 451, 10**6, 10**11 - 1, 10**11, 111122223333, 10**12, 10**30,
    0.0, -0.0, 0.5, 1.0, 1.3, 1.35, 1.36, 2.0, 2.5, 111122223333.0, 192.5, 365.0, 1e300, 5e-324,
    [], [[]], [None], [1], [True], ["a"], ["a", 1], [""], ["a", " "], [" a ", "a"], ["<a>"], ["changeme"], ["a,b"],
    [{}],
    ["10.0.0.0/8"] * 30, ["10.0.0.0/8"] * 31, ["10.0.0.1/8"], [111122223333, "444455556666"], [["a"]],
    ["m6i.large", "m7g.large"], ["m6i.large", "m6i.xlarge"], ["a1.large", "c8gn.large"], ["openid", "email"],
    {}, {"a": "b"}, {"a": 1}, {"a": None}, {"a": ""}, {"a": " b"}, {"": "b"}, {" a": "b"}, {"AWS:a": "b"},
    {"a=b": "c"},
    {"a": "b=c"}, {"a": "x" * 256}, {"a": "x" * 257}, {"x" * 128: "a"}, {"x" * 129: "a"}, {"a": "b\n"}, {"a\n": "b"},
    {"a": "<b>"}, {"a": "your-team"}, {"a": "b;c"}, {"a;": "b"}, {"ü": "Zürich"}, {"a": "€"}, {"a": {"b": "c"}},
    *({f"t{n:02}": "x" for n in range(size)} for size in (40, 41)),
]
# fmt: on
POOL = [*TEXTS, *TYPED]
POOL += [each for setting in SETTINGS for each in (setting.example, setting.default) if each is not None]
