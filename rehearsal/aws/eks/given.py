"""What EKS puts into every cluster: the definition by which pods get security groups of their own.

Source: config/crd/bases of amazon-vpc-resource-controller-k8s, of which this is what is not prose.
"""

from __future__ import annotations

from typing import Any, Final

_GROUP: Final = "vpcresources.k8s.aws"
_SELECTOR: Final = {
    "type": "object",
    "properties": {
        "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
        "matchExpressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key", "operator"],
                "properties": {
                    "key": {"type": "string"},
                    "operator": {"type": "string"},
                    "values": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}
_GROUP_IDS: Final = {"type": "array", "minItems": 1, "items": {"type": "string"}}
_SPEC: Final = {
    "type": "object",
    "properties": {
        "podSelector": _SELECTOR,
        "serviceAccountSelector": _SELECTOR,
        "securityGroups": {"type": "object", "properties": {"groupIds": _GROUP_IDS}},
    },
}

SECURITY_GROUP_POLICIES: Final[dict[str, Any]] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"securitygrouppolicies.{_GROUP}"},
    "spec": {
        "group": _GROUP,
        "scope": "Namespaced",
        "names": {
            "kind": "SecurityGroupPolicy",
            "listKind": "SecurityGroupPolicyList",
            "plural": "securitygrouppolicies",
            "singular": "securitygrouppolicy",
            "shortNames": ["sgp"],
        },
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _SPEC}}},
            }
        ],
    },
}
