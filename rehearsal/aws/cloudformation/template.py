"""A template: which resources it has under given parameters, what each depends on, and the values of expressions."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import yaml

_SUBSTITUTION = re.compile(r"\$\{([^!}][^}]*)\}")
_LITERAL = re.compile(r"\$\{!([^}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:")
_NO_VALUE = object()


class TemplateError(Exception):
    """A template or parameter that CloudFormation would refuse, or that the stand-in does not understand."""


class Surroundings(Protocol):
    """What expressions take from outside the template."""

    def pseudo(self, name: str) -> Any:
        """The value of `AWS::Region` and the like."""

    def imported(self, name: str) -> str:
        """The value that another stack exports. Raises TemplateError."""

    def zones(self, region: str) -> list[str]:
        """The availability zones of a region."""

    def ref(self, logical_id: str) -> Any:
        """What `Ref` gives for a resource."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """What `Fn::GetAtt` gives for a resource."""


@dataclass(frozen=True)
class Template:
    """A template with the values of its parameters."""

    body: Mapping[str, Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    """What the parameters were given, which for one of the parameter store is a name."""

    @classmethod
    def parse(cls, text: str) -> Template:
        """From JSON or from YAML without short tags. Raises TemplateError."""
        try:
            body = json.loads(text)
        except ValueError:
            try:
                body = yaml.safe_load(text)
            except yaml.YAMLError as error:
                raise TemplateError(f"Template format error: {error}") from None
        if not isinstance(body, dict):
            raise TemplateError("Template format error: not an object")
        return cls(body)

    def with_parameters(self, given: Mapping[str, str], stored: Callable[[str], str]) -> Template:
        """With values for its parameters; `stored` reads one from the parameter store. Raises TemplateError."""
        declared = self.body.get("Parameters", {})
        if unknown := given.keys() - declared.keys():
            raise TemplateError(f"Parameters: [{', '.join(sorted(unknown))}] do not exist in the template")
        missing = [name for name, each in declared.items() if name not in given and "Default" not in each]
        if missing:
            raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
        texts = {name: _text_of_list(given.get(name, each.get("Default"))) for name, each in declared.items()}
        values = {name: _parameter(each, texts[name], stored) for name, each in declared.items()}
        return Template(self.body, values, texts)

    def resources(self, around: Surroundings) -> dict[str, Mapping[str, Any]]:
        """The resources whose conditions hold."""
        return {
            logical_id: resource
            for logical_id, resource in self.body.get("Resources", {}).items()
            if "Condition" not in resource or self._condition(resource["Condition"], around)
        }

    def outputs(self, around: Surroundings) -> dict[str, Mapping[str, Any]]:
        """The outputs whose conditions hold, with their values."""
        return {
            name: self.value(output, around)
            for name, output in self.body.get("Outputs", {}).items()
            if "Condition" not in output or self._condition(output["Condition"], around)
        }

    def check_rules(self, around: Surroundings) -> None:
        """Raises TemplateError for an assertion that does not hold."""
        for rule in self.body.get("Rules", {}).values():
            if "RuleCondition" in rule and not self.value(rule["RuleCondition"], around):
                continue
            for assertion in rule["Assertions"]:
                if not self.value(assertion["Assert"], around):
                    raise TemplateError(f"Template Rule failed: {assertion.get('AssertDescription', 'assertion')}")

    def depends_on(self, resource: Mapping[str, Any]) -> set[str]:
        """The logical ids that a resource names: in `DependsOn`, and in expressions."""
        said = resource.get("DependsOn", [])
        named = {said} if isinstance(said, str) else set(said)
        named.update(_mentioned(resource.get("Properties", {})))
        return named.intersection(self.body["Resources"])

    def value(self, expression: Any, around: Surroundings) -> Any:
        """What an expression comes to. Raises TemplateError."""
        resolved = self._value(expression, around)
        return None if resolved is _NO_VALUE else resolved

    def _value(self, expression: Any, around: Surroundings) -> Any:
        if isinstance(expression, list):
            return [each for item in expression if (each := self._value(item, around)) is not _NO_VALUE]
        if isinstance(expression, str) and _DYNAMIC.search(expression):
            raise TemplateError(f"the stand-in resolves no dynamic references: {expression}")
        if not isinstance(expression, Mapping):
            return expression
        if len(expression) == 1:
            name, argument = next(iter(expression.items()))
            if name == "Ref":
                return self._ref(argument, around)
            if name == "Condition" and isinstance(argument, str) and argument in self.body.get("Conditions", {}):
                return self._condition(argument, around)
            if name.startswith("Fn::"):
                return self._function(name, argument, around)
        return {key: each for key, item in expression.items() if (each := self._value(item, around)) is not _NO_VALUE}

    def _ref(self, name: str, around: Surroundings) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name.startswith("AWS::"):
            return around.pseudo(name)
        return self.parameters[name] if name in self.parameters else around.ref(name)

    def _condition(self, name: str, around: Surroundings) -> bool:
        return bool(self.value(self.body["Conditions"][name], around))

    def _function(self, name: str, argument: Any, around: Surroundings) -> Any:
        if name == "Fn::If":
            condition, yes, no = argument
            return self._value(yes if self._condition(condition, around) else no, around)
        if name == "Fn::GetAtt":
            logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return around.attribute(logical_id, self.value(attribute, around))
        if name == "Fn::Sub":
            return self._substitute(argument, around)
        value = self.value(argument, around)
        if name == "Fn::ImportValue":
            return around.imported(value)
        if name == "Fn::GetAZs":
            return around.zones(value or around.pseudo("AWS::Region"))
        if name == "Fn::FindInMap":
            first, second, third = value
            return self.body["Mappings"][first][second][third]
        if name not in _PURE:
            raise TemplateError(f"the stand-in does not know {name}")
        return _PURE[name](value)

    def _substitute(self, argument: Any, around: Surroundings) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            if name in values:
                return str(self.value(values[name], around))
            logical_id, dot, attribute = name.partition(".")
            return str(around.attribute(logical_id, attribute) if dot else self._ref(name, around))

        return _LITERAL.sub(r"${\1}", _SUBSTITUTION.sub(replaced, text))


def _join(value: Any) -> str:
    separator, parts = value
    return str(separator).join(_text(part) for part in parts)


def _select(value: Any) -> Any:
    index, items = value
    if not 0 <= int(index) < len(items):
        raise TemplateError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return items[int(index)]


def _cidr(value: Any) -> list[str]:
    block, count, bits = value
    subnets = ipaddress.ip_network(block).subnets(new_prefix=32 - int(bits))
    return [str(next(subnets)) for _ in range(int(count))]


_PURE: Mapping[str, Callable[[Any], Any]] = {
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": lambda value: value[1].split(value[0]),
    "Fn::Base64": lambda value: base64.b64encode(value.encode()).decode(),
    "Fn::Cidr": _cidr,
    "Fn::Equals": lambda value: _text(value[0]) == _text(value[1]),
    "Fn::Not": lambda value: not value[0],
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Contains": lambda value: value[1] in value[0],
}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text_of_list(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else _text(value)


def _parameter(declared: Mapping[str, Any], text: str, stored: Callable[[str], str]) -> Any:
    kind = declared.get("Type", "String")
    if kind.startswith("AWS::SSM::Parameter::Value<"):
        text, kind = stored(text), kind.removeprefix("AWS::SSM::Parameter::Value<").removesuffix(">")
    if "AllowedValues" in declared and text not in [_text(each) for each in declared["AllowedValues"]]:
        raise TemplateError(f"Template error: {text!r} is not an allowed value")
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in text.split(",")] if text else []
    return text


def _mentioned(expression: Any) -> Iterator[str]:
    """Every name that an expression takes a value from."""
    if isinstance(expression, Mapping):
        for key, value in expression.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value.split(".")[0] if isinstance(value, str) else value[0]
            elif key == "Fn::Sub":
                text = value if isinstance(value, str) else value[0]
                yield from (match[1].split(".")[0] for match in _SUBSTITUTION.finditer(text))
                if not isinstance(value, str):
                    yield from _mentioned(value[1])
            else:
                yield from _mentioned(value)
    elif isinstance(expression, Sequence) and not isinstance(expression, str):
        for item in expression:
            yield from _mentioned(item)
