{{- define "rerankd.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 54 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 54 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 54 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "rerankd.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "rerankd.labels" -}}
{{ include "rerankd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "rerankd.metadata" -}}
name: {{ include "rerankd.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "rerankd.labels" . | nindent 2 }}
{{- end -}}

{{- define "rerankd.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ printf "%s@%s" .repository .digest }}
{{- else -}}
{{ printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What RERANKER_MODEL says: models of a volume are below /models. */ -}}
{{- define "rerankd.model" -}}
{{- with .Values.model -}}
{{- if has .source (list "volume" "initContainer") -}}
{{ printf "/models/%s" (trimPrefix "/" .id) | trimSuffix "/" }}
{{- else -}}
{{ .id }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "rerankd.settings" -}}
RERANKER_MODEL: {{ include "rerankd.model" . | quote }}
{{- with .Values.model.revision }}
RERANKER_REVISION: {{ . | quote }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- with .Values.apiKeys }}
{{- if .secretName }}
RERANKER_API_KEYS_FILE: {{ printf "/etc/rerankd/%s" .key | quote }}
{{- end }}
{{- end }}
{{- if .Values.tls.secretName }}
RERANKER_TLS_CERT: /etc/rerankd-tls/tls.crt
RERANKER_TLS_KEY: /etc/rerankd-tls/tls.key
{{- if .Values.tls.clientCertificates }}
RERANKER_TLS_CLIENT_CA: /etc/rerankd-tls/ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{- /*
What probes ask. Without TLS grpc.health.v1.Health, which is SERVING only after an inference. Kubernetes
speaks gRPC without TLS only, and shows no client certificate.
*/ -}}
{{- define "rerankd.probe" -}}
{{- if not .Values.tls.secretName -}}
grpc:
  port: 7998
{{- else if .Values.tls.clientCertificates -}}
exec:
  command: [rerankd, health, --pid, "1"]
{{- else -}}
httpGet:
  path: /health
  port: rerankd
  scheme: HTTPS
{{- end -}}
{{- end -}}

{{- define "rerankd.behavior" -}}
scaleDown:
  stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownWindowSeconds }}
{{- end -}}

{{- define "rerankd.servicePorts" -}}
- name: rerankd
  port: 7998
  targetPort: rerankd
  appProtocol: {{ ternary "https" "kubernetes.io/h2c" (ne .Values.tls.secretName "") }}
{{- end -}}
