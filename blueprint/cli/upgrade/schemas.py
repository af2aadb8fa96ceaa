"""What CloudFormation itself says of each type: which properties it cannot change in place."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from blueprint.cli.checks.aws import Account, code


class Schemas:
    """Of one account and region, asked for once each; `unknown` are the types of which it does not tell."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._known: dict[str, Mapping[str, bool]] = {}
        self.unknown: set[str] = set()

    def read(self, kinds: Iterable[str]) -> None:
        """Ask for several types side by side."""
        wanted = sorted({kind for kind in kinds if kind.startswith("AWS::") and kind not in self._known})
        with ThreadPoolExecutor(8) as beside:
            self._known.update(zip(wanted, beside.map(self._read, wanted), strict=True))

    def replacing(self, kind: str) -> Mapping[str, bool]:
        """The properties with which it is made anew when they change: surely, or perhaps."""
        return self._known.get(kind, {})

    def _read(self, kind: str) -> Mapping[str, bool]:
        try:
            answer = self._account.client("cloudformation").describe_type(Type="RESOURCE", TypeName=kind)
            schema = json.loads(answer["Schema"])
        except (ClientError, BotoCoreError) as error:
            if code(error) in ("TypeNotFoundException", "CFNRegistryException"):
                self.unknown.add(kind)
                return {}
            raise
        perhaps = dict.fromkeys(schema.get("conditionalCreateOnlyProperties", ()), False)
        surely = dict.fromkeys(schema.get("createOnlyProperties", ()), True)
        return {path.removeprefix("/properties/"): sure for path, sure in {**perhaps, **surely}.items()}
