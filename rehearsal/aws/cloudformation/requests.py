"""What the operations of CloudFormation's API share: which stack, which template, whose rights."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlparse

from rehearsal.aws.api import Api, ApiError, Input
from rehearsal.aws.cloud import Cloud
from rehearsal.aws.cloudformation.accounts import Accounts
from rehearsal.aws.cloudformation.engine import Engine
from rehearsal.aws.cloudformation.stack import Stack
from rehearsal.aws.cloudformation.template import Template, TemplateError

_KEPT = ("Capabilities", "Tags", "RoleARN", "NotificationARNs", "DisableRollback", "EnableTerminationProtection")
_CAN_CHANGE = re.compile(r"(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE")


class Requests(Api):
    """A request to CloudFormation."""

    service: ClassVar[str] = "cloudformation"

    def __init__(self, accounts: Accounts) -> None:
        super().__init__()
        self._accounts = accounts

    def _begin_update(self, stack: Stack, engine: Engine, template: Template, given: Input) -> None:
        self._note(stack, given)
        stack.updated = datetime.now(UTC)
        self._accounts.work(stack, "UPDATE_IN_PROGRESS", lambda: engine.update(template))

    def _all(self) -> list[Stack]:
        return self._accounts.stacks.at(self.current_account, self.region)

    def _find(self, name: str) -> Stack | None:
        return self._accounts.stacks.find(self.current_account, self.region, name)

    def _existing(self, name: str) -> Stack:
        stack = self._find(name)
        if stack is None:
            raise ApiError("ValidationError", f"Stack with id {name} does not exist")
        return stack

    def _must_be_at_rest(self, stack: Stack) -> None:
        if not _CAN_CHANGE.fullmatch(stack.status):
            raise ApiError(
                "ValidationError",
                f"Stack:{stack.id} is in {stack.status} state and can not be updated.",
            )

    def _cloud(self, given: Input) -> Cloud:
        cloud = self._accounts.cloud(self.current_account, self.region, self.access_key)
        role = given.get("RoleARN")
        return cloud.assume(role, "AWSCloudFormation") if role else cloud

    def _engine(self, stack: Stack, given: Input) -> Engine:
        return Engine(stack, self._accounts.stacks, self._cloud(given), self._accounts.custom)

    def _check(self, engine: Engine, template: Template) -> None:
        try:
            engine.check(template)
        except TemplateError as error:
            raise ApiError("ValidationError", str(error)) from None

    def _note(self, stack: Stack, given: Input) -> None:
        stack.described.update({name: given[name] for name in _KEPT if given.get(name) is not None})

    def _template(self, given: Input, stack: Stack | None) -> Template:
        """The template of a request, with its parameters."""
        before = stack.template.given if stack else {}
        parameters: dict[str, str] = {}
        for each in given.get("Parameters") or ():
            name = each["ParameterKey"]
            old = each.get("UsePreviousValue") and name in before
            parameters[name] = before[name] if old else each.get("ParameterValue", "")

        def stored(name: str) -> str:
            ssm = self._cloud(given).client("ssm")  # with the rights of the stack's role, as all that it reads
            try:
                value: str = ssm.get_parameter(Name=name)["Parameter"]["Value"]
            except ssm.exceptions.ParameterNotFound:
                raise TemplateError(
                    f"Unable to fetch parameters [{name}] from parameter store for this account."
                ) from None
            return value

        template = self._template_text(given, stack)
        try:
            return template.with_parameters(parameters, stored)
        except TemplateError as error:
            raise ApiError("ValidationError", str(error)) from None

    def _template_text(self, given: Input, stack: Stack | None) -> Template:
        if given.get("UsePreviousTemplate") and stack:
            return Template(stack.template.body)
        text = given.get("TemplateBody")
        if text is None:
            bucket, key = _object(given["TemplateURL"])
            s3 = self._cloud(given).client("s3")
            text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        try:
            return Template.parse(text)
        except TemplateError as error:
            raise ApiError("ValidationError", str(error)) from None


def _object(url: str) -> tuple[str, str]:
    """Bucket and key of an object's address, with the bucket in the host's name or in the path."""
    parts = urlparse(url)
    host, path = parts.netloc, parts.path.lstrip("/")
    if ".s3." in host:
        return host.partition(".s3.")[0], path
    bucket, _, key = path.partition("/")
    return bucket, key
