"""What moto does not have, answered where botocore would send the request: in the form that AWS's own model gives.

An answer that the model does not know fails the test, as with botocore's Stubber; but calls may come in any order.
"""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from botocore.validate import ParamValidator

from blueprint.versions import BUCKET_DRIVER, BY_MINOR, EKS_ADDONS
from rehearsal.iam.documents import Ask, document

Answer = Callable[[Any, Mapping[str, Any]], Any]
"""From a client of the same account and the parameters of a call to what AWS answers, or to its error's code."""


class Border:
    """Answers by service and operation; tests put others in their place, with `answer` and `refuse`."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer] = {}
        self.quotas = {
            "L-1216C47A": 256.0,
            "L-34B43A08": 256.0,
            "L-0263D0A3": 5.0,
            "L-F678F1CE": 5.0,
            "L-1194D53C": 100.0,
        }
        self.reset()

    def reset(self) -> None:
        """A sound world."""
        vcpus = {"L-1216C47A": 256.0, "L-34B43A08": 256.0, "L-7295265B": 128.0, "L-E3A00192": 128.0}
        self.quotas = {**vcpus, "L-3032A538": 4000.0, "L-0263D0A3": 5.0, "L-F678F1CE": 5.0, "L-1194D53C": 100.0}
        self.answers.clear()
        self.answers.update(
            {
                ("service-quotas", "GetServiceQuota"): self._quota,
                ("lambda", "GetAccountSettings"): lambda _, __: concurrency(1000),
                ("iam", "SimulatePrincipalPolicy"): simulate,
                ("eks", "DescribeClusterVersions"): lambda _, __: cluster_versions({"1.35": "STANDARD_SUPPORT"}),
                ("eks", "DescribeAddonVersions"): _addon_versions,
                ("ce", "ListCostAllocationTags"): lambda _, asked: cost_tags(asked["TagKeys"]),
                ("organizations", "DescribeEffectivePolicy"): lambda _, __: "EffectivePolicyNotFoundException",
            }
        )

    def answer(self, service: str, operation: str, told: Any) -> None:
        """Have a call be answered."""
        self.answers[service, operation] = lambda _, __: told

    def refuse(self, service: str, operation: str, code: str) -> None:
        """Have a call end with an error."""
        self.answers[service, operation] = lambda _, __: code

    def watch(self, client: Any, iam: Callable[[], Any]) -> None:
        """Stand before what a client sends."""
        service = client.meta.service_model.service_name

        def remember(params: Any, context: Any, **_: Any) -> None:
            context["asked"] = params

        def answer(model: Any, context: Any, **_: Any) -> Any:
            known = self.answers.get((service, model.name))
            if known is None:
                return None
            told = deepcopy(known(iam() if service == "iam" else client, context["asked"]))
            if isinstance(told, str):
                return SimpleNamespace(status_code=400), {"Error": {"Code": told, "Message": "of the test"}}
            if faults := ParamValidator().validate(told, model.output_shape).generate_report():
                raise AssertionError(faults)  # and so a finding, which no test expects
            return SimpleNamespace(status_code=200), told

        client.meta.events.register("before-parameter-build", remember)
        client.meta.events.register("before-call", answer)

    def _quota(self, _: Any, asked: Mapping[str, Any]) -> Any:
        return {"Quota": {**asked, "Value": self.quotas[asked["QuotaCode"]]}}


def simulate(iam: Any, asked: Mapping[str, Any]) -> Any:
    """IAM's judge of a role: the rehearsal's, on the policies that the role has."""
    role = asked["PolicySourceArn"].rpartition("/")[2]
    texts = [
        _text(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    keys = {each["ContextKeyName"].lower(): each["ContextKeyValues"] for each in asked["ContextEntries"]}
    ask = Ask(asked["ActionNames"][0], asked["ResourceArns"][0], SimpleNamespace(values=keys.get))
    allowed = any(document(text, role, "policy").about(ask, denying=False) for text in texts)
    decision = "allowed" if allowed else "implicitDeny"
    return {"EvaluationResults": [{"EvalActionName": ask.action, "EvalDecision": decision}]}


def _text(policy: Any) -> str:
    return unquote(policy) if isinstance(policy, str) else json.dumps(policy)


def cluster_versions(by_minor: Mapping[str, str]) -> Any:
    return {
        "clusterVersions": [{"clusterVersion": minor, "versionStatus": status} for minor, status in by_minor.items()]
    }


def _addon_versions(_: Any, asked: Mapping[str, Any]) -> Any:
    minor = BY_MINOR[asked["kubernetesVersion"]]
    of_minor = {"kube-proxy": minor.kube_proxy, "coredns": minor.coredns, "metrics-server": minor.metrics_server}
    return addon_versions(asked["addonName"], {**EKS_ADDONS, **BUCKET_DRIVER, **of_minor}[asked["addonName"]])


def addon_versions(name: str, *versions: str) -> Any:
    return {"addons": [{"addonName": name, "addonVersions": [{"addonVersion": each} for each in versions]}]}


def cost_tags(keys: list[str]) -> Any:
    return {"CostAllocationTags": [{"TagKey": each, "Type": "UserDefined", "Status": "Active"} for each in keys]}


def tag_policy(tags: Mapping[str, Any]) -> Any:
    return {"EffectivePolicy": {"PolicyContent": json.dumps({"tags": tags}), "PolicyType": "TAG_POLICY"}}


def concurrency(count: int) -> Any:
    return {"AccountLimit": {"ConcurrentExecutions": count, "UnreservedConcurrentExecutions": count}}
