"""Files of ours in the hub's container, each of which the chart mounts: the code in `charts/hub/`."""

from blueprint.values import CHARTS, Values

HUB_CODE = CHARTS / "hub"
"""Python that runs inside the hub: the package `hub` there."""
FOLDER = "/usr/local/etc/jupyterhub"
"""The folder of the chart's own `jupyterhub_config.py`, where Python looks for modules first."""


def extra_files() -> Values:
    """The chart's `hub.extraFiles`."""
    code = sorted(HUB_CODE.glob("*.py"))
    return {file.name: {"mountPath": f"{FOLDER}/hub/{file.name}", "stringData": file.read_text()} for file in code}
