"""What stands beside a type in its declaration: its check or its parser, and what that means for the JSON schema."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from blueprint.config.problems import FaultError
from blueprint.config.types.forms import Form, Schema


@dataclass(frozen=True)
class Allowed:
    """What a value may be, printed whenever it is anything else."""

    text: str


@dataclass(frozen=True)
class Matches:
    """Text that a pattern describes whole."""

    pattern: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        return {**handler(schema), "pattern": self.pattern}

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise FaultError
        return value


@dataclass(frozen=True)
class Parser:
    """How a value comes out of the forms in which it may be written, and what these forms are."""

    parse: Callable[[Any], object]
    form: Form

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        return self.form(handler(schema))
