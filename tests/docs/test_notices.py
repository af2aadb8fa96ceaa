import re

from blueprint.config.notice import KINDS
from tests.docs.pages import ROOT

ROW = re.compile(r"^\| `([a-z-]+)`( \(information\))? \| `(ParentDns|Dns|Data|Hub)` \|", re.MULTILINE)


def test_page_on_acknowledging_has_every_notice_in_order() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = [(kind, stack, "info" if mark else "warning") for kind, mark, stack in ROW.findall(page)]
    assert rows == [(kind, of.stack, of.severity) for kind, of in KINDS.items()]
