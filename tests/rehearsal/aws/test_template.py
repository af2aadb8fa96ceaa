"""Expressions of templates, and what they depend on."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws.cloudformation.template import Template, TemplateError

BODY = {
    "Parameters": {
        "Size": {"Type": "Number", "Default": 3},
        "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
    },
    "Conditions": {
        "Large": {"Fn::Equals": [{"Ref": "Size"}, "30"]},
        "Small": {"Fn::Not": [{"Condition": "Large"}]},
        "Either": {"Fn::Or": [{"Condition": "Large"}, {"Condition": "Small"}]},
        "Both": {"Fn::And": [{"Condition": "Large"}, {"Condition": "Small"}]},
    },
    "Mappings": {"Map": {"eu": {"Key": "value"}}},
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC"},
        "Only": {"Type": "AWS::EC2::VPC", "Condition": "Large"},
    },
}


class Around:
    """The surroundings of the template."""

    def pseudo(self, name: str) -> str:
        return {"AWS::Region": "eu-central-1", "AWS::Partition": "aws"}[name]

    def imported(self, name: str) -> str:
        return f"imported {name}"

    def zones(self, region: str) -> list[str]:
        return [f"{region}a", f"{region}b"]

    def ref(self, logical_id: str) -> str:
        return f"ref of {logical_id}"

    def attribute(self, logical_id: str, name: str) -> str:
        return f"{name} of {logical_id}"


@pytest.fixture
def template() -> Template:
    return Template(BODY).with_parameters({}, stored=str)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        pytest.param({"Ref": "Vpc"}, "ref of Vpc", id="resource"),
        pytest.param({"Ref": "Size"}, "3", id="parameter"),
        pytest.param({"Ref": "Names"}, ["a", "b"], id="list parameter"),
        pytest.param({"Ref": "AWS::Region"}, "eu-central-1", id="pseudo parameter"),
        pytest.param({"Fn::GetAtt": ["Vpc", "Arn"]}, "Arn of Vpc", id="attribute"),
        pytest.param({"Fn::GetAtt": "Vpc.A.B"}, "A.B of Vpc", id="attribute with dots"),
        pytest.param({"Fn::Join": ["-", ["a", {"Ref": "Size"}, True]]}, "a-3-true", id="join"),
        pytest.param({"Fn::Select": ["1", {"Fn::Split": [":", "a:b:c"]}]}, "b", id="select and split"),
        pytest.param({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "eu-central-1a", id="zones of the region"),
        pytest.param({"Fn::ImportValue": {"Fn::Sub": "x-${Size}"}}, "imported x-3", id="import"),
        pytest.param(
            {"Fn::Sub": "${AWS::Region} ${Vpc} ${Vpc.Arn} ${!Not}"},
            "eu-central-1 ref of Vpc Arn of Vpc ${Not}",
            id="sub",
        ),
        pytest.param({"Fn::Sub": ["${A}", {"A": {"Ref": "Size"}}]}, "3", id="sub with values"),
        pytest.param({"Fn::FindInMap": ["Map", "eu", "Key"]}, "value", id="map"),
        pytest.param({"Fn::If": ["Large", "a", "b"]}, "b", id="if"),
        pytest.param([{"Fn::If": ["Large", "a", {"Ref": "AWS::NoValue"}]}, "b"], ["b"], id="no value in a list"),
        pytest.param({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}, id="no value in an object"),
        pytest.param({"Fn::If": ["Either", 1, 2]}, 1, id="or"),
        pytest.param({"Fn::If": ["Both", 1, 2]}, 2, id="and"),
        pytest.param({"Fn::Base64": "hi"}, "aGk=", id="base64"),
        pytest.param({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"], id="cidr"),
        pytest.param(
            {"Condition": {"Bool": {"x": "y"}}}, {"Condition": {"Bool": {"x": "y"}}}, id="a policy's condition"
        ),
        pytest.param({"Condition": "Unknown"}, {"Condition": "Unknown"}, id="a property of that name"),
    ],
)
def test_an_expression_has_its_value(template: Template, expression: Any, value: Any) -> None:
    assert template.value(expression, Around()) == value


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        pytest.param({"Fn::Transform": {}}, "the stand-in does not know Fn::Transform", id="unknown function"),
        pytest.param(
            "{{resolve:ssm:x}}", "the stand-in resolves no dynamic references: {{resolve:ssm:x}}", id="dynamic"
        ),
        pytest.param(
            {"Fn::Select": [2, ["a"]]},
            "Template error: Fn::Select cannot select nonexistent value at index 2",
            id="select",
        ),
    ],
)
def test_what_is_not_understood_is_an_error(template: Template, expression: Any, problem: str) -> None:
    with pytest.raises(TemplateError) as error:
        template.value(expression, Around())
    assert str(error.value) == problem


def test_a_resource_is_there_when_its_condition_holds(template: Template) -> None:
    assert list(template.resources(Around())) == ["Vpc"]
    assert list(Template(BODY).with_parameters({"Size": "30"}, stored=str).resources(Around())) == ["Vpc", "Only"]


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"A": {"Ref": "Vpc"}}, id="Ref"),
        pytest.param({"A": [{"Fn::GetAtt": ["Vpc", "Arn"]}]}, id="GetAtt"),
        pytest.param({"A": {"Fn::GetAtt": "Vpc.Arn"}}, id="GetAtt with a dot"),
        pytest.param({"A": {"Fn::Sub": "x ${Vpc.Arn}"}}, id="Sub"),
        pytest.param({"A": {"Fn::Sub": ["${B}", {"B": {"Ref": "Vpc"}}]}}, id="Sub with values"),
        pytest.param({"A": {"Fn::If": ["Large", {"Ref": "Vpc"}, "b"]}}, id="If"),
    ],
)
def test_a_resource_depends_on_what_it_names(template: Template, properties: Any) -> None:
    assert template.depends_on({"Properties": properties}) == {"Vpc"}


def test_a_parameter_without_a_value_is_an_error() -> None:
    with pytest.raises(TemplateError, match=r"Parameters: \[Needed\] must have values"):
        Template({"Parameters": {"Needed": {"Type": "String"}}}).with_parameters({}, stored=str)


def test_a_parameter_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(TemplateError, match=r"Parameters: \[Other\] do not exist in the template"):
        Template({}).with_parameters({"Other": "x"}, stored=str)
