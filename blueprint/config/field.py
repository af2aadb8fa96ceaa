"""How a setting is declared, and the record of it from which errors, schema and documentation are made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from blueprint.config.problems import shown
from blueprint.config.types.marks import Allowed


class Group(BaseModel):
    """Settings of one subject."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


@dataclass(frozen=True)
class Setting:
    """A setting as the deployer meets it; `absent` says what holds without it where a value would not."""

    key: str
    attribute: str
    group: str
    help: str
    allowed: str
    fix: str
    default: Any
    absent: str
    example: Any
    required: bool
    common: bool
    weighty: bool


def setting(
    key: str,
    help: str,
    *,
    default: Any = ...,
    derived: Callable[[dict[str, Any]], Any] | None = None,
    absent: str = "",
    example: Any = None,
    common: bool = False,
    weighty: bool = False,
) -> Any:
    """Declare a setting: its context key, what it does, and its default (none means that it is required).

    `derived` computes the default from the settings declared before it. `absent` says in words what holds
    where the key is not given. `common` marks what most people touch, beside the settings that no deployment
    does without; `weighty` marks a default that a summary should name.
    """
    given: dict[str, Any] = {"default": default} if derived is None else {"default_factory": derived}
    return Field(
        alias=key,
        description=help,
        examples=None if example is None else [example],
        json_schema_extra={"absent": absent, "common": common, "weighty": weighty},
        **given,
    )


def describe(attribute: str, field: FieldInfo, group: str) -> Setting:
    """The record of one declared setting."""
    extra: Any = field.json_schema_extra
    key = str(field.alias)
    example = field.examples[0] if field.examples else field.default
    return Setting(
        key=key,
        attribute=attribute,
        group=group,
        help=str(field.description),
        allowed=_allowed(field.annotation, field.metadata),
        fix=f'for example "{key}": {shown(example)}',
        default=None if field.is_required() or field.default_factory else field.default,
        absent=extra["absent"],
        example=example,
        required=field.is_required(),
        common=extra["common"],
        weighty=extra["weighty"],
    )


def _allowed(annotation: Any, marks: list[Any]) -> str:
    """The outermost `Allowed` of a type; a choice names its members, a number its bounds."""
    for mark in reversed(marks):
        if isinstance(mark, Allowed):
            return mark.text
    if get_origin(annotation) is Annotated:
        inner, *inner_marks = get_args(annotation)
        return _allowed(inner, inner_marks)
    if get_origin(annotation) is Literal:
        *others, last = (str(choice) for choice in get_args(annotation))
        return f"{', '.join(others)} or {last}"
    if annotation in (int, float):
        return _bounds("a whole number" if annotation is int else "a number", marks)
    return _allowed(get_args(annotation)[0], [])


def _bounds(kind: str, marks: list[Any]) -> str:
    words = {"gt": "above", "ge": "from", "le": "to"}
    bounds = (f"{words[name]} {getattr(mark, name)}" for mark in marks for name in words if hasattr(mark, name))
    return " ".join([kind, *bounds])
