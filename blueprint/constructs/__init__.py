"""The parts of the deployment; `JupyterHub` puts them together."""

from blueprint.constructs.jupyterhub import JupyterHub

__all__ = ["JupyterHub"]
