"""A shell whose proxies answer nobody: who reaches what is on loopback asked none of them."""

NAMES = ("http_proxy", "https_proxy", "all_proxy")
DEAD = {each: "http://127.0.0.1:9" for name in NAMES for each in (name, name.upper())}
DEAD |= dict.fromkeys(("no_proxy", "NO_PROXY"), "")
