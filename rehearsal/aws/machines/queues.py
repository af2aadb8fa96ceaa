"""Queues, and what AWS itself says through EventBridge to those that rules lead to."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.events.models import Rule, events_backends
from moto.events.utils import EventMessageType
from moto.sqs.models import sqs_backends

from rehearsal.aws import moto_settings
from rehearsal.aws.api import Api, Input, Output
from rehearsal.iam.recorder import Recorder
from rehearsal.iam.refusal import RefusedError

_POLL: Final = 0.2


class Sqs(Api):
    """Lets who waits for a message wait, where moto would have all others wait, too."""

    service: ClassVar[str] = "sqs"
    extends: ClassVar[bool] = True

    def receive_message(self, wanted: Input) -> Output | None:
        """Nothing when the time is over; moto hands out what there is."""
        seconds = int(wanted.get("WaitTimeSeconds") or 0)
        if not seconds:
            return None
        end = time.monotonic() + seconds
        while not self._has_messages(wanted["QueueUrl"].rpartition("/")[2]):
            if time.monotonic() > end:
                return {}
            time.sleep(_POLL)
        return None

    def _has_messages(self, name: str) -> bool:
        with moto_settings.LOCK:
            try:
                queue = sqs_backends[self.current_account][self.region].get_queue(name)
            except ServiceException:
                return True  # of which moto tells that it is not there
            return any(each.visible for each in queue.messages)


class Notices:
    """What EC2 has to say, on the default event bus of an account and region."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def tell(self, account: str, region: str, kind: str, detail: Mapping[str, Any]) -> None:
        """Put an event on the bus. A queue whose policy does not let EventBridge send gets none, as on AWS."""
        instance = detail["instance-id"]
        event: EventMessageType = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": "aws.ec2",
            "account": account,
            "time": utcnow().timestamp(),
            "region": region,
            "resources": [f"arn:aws:ec2:{region}:{account}:instance/{instance}"],
            "detail": dict(detail),
        }
        with moto_settings.LOCK:
            rules = list(events_backends[account][region].event_buses["default"].rules.values())
            for rule in rules:
                if rule.state == "ENABLED" and self._may_send(rule):
                    rule.send_to_targets(event, transform_input=False)

    def _may_send(self, rule: Rule) -> bool:
        try:
            for target in rule.targets:
                self._recorder.send(rule.arn, target["Arn"])
        except RefusedError:
            return False
        return True
