{{- define "core" -}}
nodeSelector: {hub.jupyter.org/node-purpose: core}
tolerations:
  - {key: hub.jupyter.org/dedicated, operator: Equal, value: core, effect: NoSchedule}
{{- end }}

{{- define "restricted" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end }}
