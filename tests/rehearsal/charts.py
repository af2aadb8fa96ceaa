"""Charts with nothing to run, in the names and versions of the real ones."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from blueprint.versions import CHARTS, EXTERNAL_SECRETS

VALUES = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: values-of-{{ .Chart.Name }}
data:
  values: {{ toJson .Values | quote }}
"""

# What the blueprint's own manifests are of.
DEFINITIONS = """\
{{- range $kind := list "SecretStore" "ExternalSecret" }}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {{ lower $kind }}s.external-secrets.io
spec:
  group: external-secrets.io
  scope: Namespaced
  names: {kind: {{ $kind }}, plural: {{ lower $kind }}s, singular: {{ lower $kind }}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
{{- end }}
"""


def write(folder: Path) -> None:
    """Write a chart for each of the blueprint's."""
    for chart in CHARTS:
        files = {
            "Chart.yaml": f"apiVersion: v2\nname: {chart.name}\nversion: {chart.version}\nkubeVersion: '>=1.28.0-0'\n",
            "templates/values.yaml": VALUES,
        }
        if chart == EXTERNAL_SECRETS:
            files["templates/definitions.yaml"] = DEFINITIONS
        with tarfile.open(folder / f"{chart.name}-{chart.version}.tgz", "w:gz") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(f"{chart.name}/{name}")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
