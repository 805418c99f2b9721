{{- define "evenkeel.name" -}}
{{ .Release.Name }}
{{- end }}
{{- define "evenkeel.selector" -}}
app.kubernetes.io/name: evenkeel
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "evenkeel.labels" -}}
{{ include "evenkeel.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "evenkeel.postgres" -}}
{{- if or .Values.database.url .Values.database.existingSecret -}}yes{{- end -}}
{{- end }}
{{- define "evenkeel.ownKeys" -}}
{{- if and (not .Values.keys.existingSecret) (or .Values.keys.logKey .Values.keys.secretsKey) -}}yes{{- end -}}
{{- end }}
{{- define "evenkeel.keysSecret" -}}
{{- if .Values.keys.existingSecret -}}{{ .Values.keys.existingSecret }}
{{- else if include "evenkeel.ownKeys" . -}}{{ include "evenkeel.name" . }}-keys
{{- end -}}
{{- end }}
{{- define "evenkeel.check" -}}
{{- if include "evenkeel.postgres" . -}}
{{- if not (include "evenkeel.keysSecret" .) -}}
{{- fail "PostgreSQL needs the log key and the secrets key: set keys.existingSecret, or keys.logKey and keys.secretsKey" -}}
{{- end -}}
{{- else if ne (.Values.replicas | toString) "1" -}}
{{- fail "more than one replica needs PostgreSQL: set database.existingSecret or database.url" -}}
{{- end -}}
{{- if and (include "evenkeel.ownKeys" .) (not (and .Values.keys.logKey .Values.keys.secretsKey)) -}}
{{- fail "set both keys.logKey and keys.secretsKey" -}}
{{- end -}}
{{- if and .Values.smtp.host (not .Values.smtp.from) -}}
{{- fail "set smtp.from, the sender of mail" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.serviceMonitor.tokenSecret) -}}
{{- fail "set metrics.serviceMonitor.tokenSecret, a Secret with an API token that may read" -}}
{{- end -}}
{{- end }}
{{- define "evenkeel.pod" -}}
metadata:
  labels:
    {{- include "evenkeel.selector" . | nindent 4 }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ add .Values.drainSeconds 15 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: evenkeel
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: ["serve"]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: ["ALL"]
      ports:
        - name: http
          containerPort: 8080
      env:
        - name: EVENKEEL_LISTEN
          value: ":8080"
        - name: EVENKEEL_PUBLIC_URL
          value: {{ .Values.publicURL | quote }}
        - name: EVENKEEL_DRAIN
          value: "{{ .Values.drainSeconds }}s"
        {{- if .Values.organisation }}
        - name: EVENKEEL_ORG
          value: {{ .Values.organisation | quote }}
        {{- end }}
        - name: EVENKEEL_DB
          {{- if .Values.database.existingSecret }}
          valueFrom:
            secretKeyRef:
              name: {{ .Values.database.existingSecret }}
              key: {{ .Values.database.existingSecretKey }}
          {{- else if .Values.database.url }}
          valueFrom:
            secretKeyRef:
              name: {{ include "evenkeel.name" . }}-database
              key: url
          {{- else }}
          value: /data/evenkeel.db
          {{- end }}
        {{- if include "evenkeel.keysSecret" . }}
        - name: EVENKEEL_LOG_KEY
          valueFrom:
            secretKeyRef:
              name: {{ include "evenkeel.keysSecret" . }}
              key: log-key
        - name: EVENKEEL_SECRETS_KEY
          valueFrom:
            secretKeyRef:
              name: {{ include "evenkeel.keysSecret" . }}
              key: secrets-key
        {{- end }}
        {{- if .Values.trustedProxies }}
        - name: EVENKEEL_TRUSTED_PROXY
          value: {{ join "," .Values.trustedProxies | quote }}
        {{- end }}
        {{- if .Values.publishWebhook }}
        - name: EVENKEEL_PUBLISH_WEBHOOK
          value: {{ .Values.publishWebhook | quote }}
        {{- end }}
        {{- if .Values.smtp.host }}
        - name: EVENKEEL_SMTP_HOST
          value: {{ .Values.smtp.host | quote }}
        - name: EVENKEEL_SMTP_PORT
          value: {{ .Values.smtp.port | quote }}
        - name: EVENKEEL_SMTP_FROM
          value: {{ .Values.smtp.from | quote }}
        - name: EVENKEEL_SMTP_TLS
          value: {{ .Values.smtp.tls | quote }}
        {{- if .Values.smtp.user }}
        - name: EVENKEEL_SMTP_USER
          value: {{ .Values.smtp.user | quote }}
        {{- end }}
        {{- if .Values.smtp.passwordSecret }}
        - name: EVENKEEL_SMTP_PASSWORD
          valueFrom:
            secretKeyRef:
              name: {{ .Values.smtp.passwordSecret }}
              key: {{ .Values.smtp.passwordSecretKey }}
        {{- end }}
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      # A migration may take its time; the others ask what the program says of itself.
      startupProbe:
        httpGet: {path: /livez, port: http}
        periodSeconds: 2
        failureThreshold: 300
      livenessProbe:
        httpGet: {path: /livez, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 2
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        - name: data
          mountPath: /data
  volumes:
    - name: tmp
      emptyDir: {}
    {{- if include "evenkeel.postgres" . }}
    - name: data
      emptyDir: {}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.affinity }}
  affinity:
    {{- toYaml .Values.affinity | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "evenkeel.selector" . | nindent 10 }}
{{- end }}
