import pytest

from blueprint.config.facts.instances import accelerated, architecture


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("t3.large", "x86_64"),
        ("t3a.medium", "x86_64"),
        ("m7i-flex.large", "x86_64"),
        ("c5ad.xlarge", "x86_64"),
        ("u7i-6tb.112xlarge", "x86_64"),
        ("t4g.medium", "arm64"),
        ("m7g.xlarge", "arm64"),
        ("c8gn.48xlarge", "arm64"),
        ("x2gd.metal", "arm64"),
        ("im4gn.large", "arm64"),
        ("is4gen.medium", "arm64"),
        ("a1.large", "arm64"),
    ],
)
def test_architecture_is_read_from_the_name(instance_type: str, expected: str) -> None:
    assert architecture(instance_type) == expected


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("p5.48xlarge", True),
        ("p4d.24xlarge", True),
        ("g4dn.xlarge", True),
        ("g6e.xlarge", True),
        ("gr6.4xlarge", True),
        ("g5g.xlarge", True),
        ("inf2.xlarge", True),
        ("trn1n.32xlarge", True),
        ("dl1.24xlarge", True),
        ("f2.6xlarge", True),
        ("m6i.xlarge", False),
        ("m7g.xlarge", False),
        ("i4g.large", False),
    ],
)
def test_accelerated_types_are_known(instance_type: str, expected: bool) -> None:
    assert accelerated(instance_type) is expected
