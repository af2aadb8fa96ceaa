"""A first deployment that fails in the end: what it leaves behind."""

from __future__ import annotations

from collections import Counter

import pytest

from rehearsal.leftovers import inventory
from tests.rehearsal.deploying import named, publish, template
from tests.rehearsal.lives import Life
from tests.rehearsal.stacks import FAULTY, Stacks
from tests.templates.assembly import made
from tests.templates.variants import ACCOUNT, COGNITO, SHIPPED, Context


@pytest.mark.parametrize(
    ("context", "left"),
    [
        pytest.param(SHIPPED, Counter(), id="shipped"),
        pytest.param({**SHIPPED, "storage.home": "ebs"}, Counter(), id="EBS homes"),
        # A pool's protection stops its deletion, and nothing is paid for one that nobody uses.
        pytest.param(COGNITO, Counter({"CognitoIdpUserPool": 1}), id="cognito"),
    ],
)
def test_a_failed_first_data_stack_leaves_nothing_that_is_paid_for(
    life: Life, context: Context, left: Counter[str]
) -> None:
    assembly = made(context, stage=True)
    publish(life.workload, assembly, "Data")
    life.before[ACCOUNT] = inventory(life.server, ACCOUNT)
    body = template(assembly, "Data")
    last = {**FAULTY, "DependsOn": list(body["resources"])}
    stacks = Stacks(life.workload, named(assembly, "Data"), life.server.wait)
    assert stacks.create(**{**body, "resources": {**body["resources"], "Last": last}}) == "ROLLBACK_COMPLETE"
    assert "Last" in stacks.events("CREATE_FAILED")
    assert life.left(ACCOUNT) - Counter({"Stack": 1}) == left


def test_a_role_that_does_not_exist_ends_the_deployment_before_the_cluster(life: Life) -> None:
    nobody = f"arn:aws:iam::{ACCOUNT}:role/Nobody"
    statuses = life.deploy({**SHIPPED, "admin.roles": [nobody]})
    assert statuses == {"ParentDns": "CREATE_COMPLETE", "Dns": "CREATE_COMPLETE", "Data": "ROLLBACK_COMPLETE"}
    assert f"There is no role {nobody}. Correct admin.roles" in str(life.failures)
