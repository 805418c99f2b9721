#!/bin/sh
# What evenkeelGate runs. Variables: EK_SERVICE (separated by commas), and those
# below; GIT_COMMIT, GIT_URL, BRANCH_NAME, CHANGE_URL, CHANGE_AUTHOR and BUILD_URL
# are Jenkins' own. Exit codes are those of "evenkeel change gate".
set -eu
# Jenkins runs sh with -x: values must not be echoed twice, and a token never.
{ set +x; } 2>/dev/null

step=${EK_STEP:-gate}
program=${EK_PROGRAM:-evenkeel}
command -v "$program" >/dev/null 2>&1 || { echo "$program is not on this agent; install it, or say program: '/path/evenkeel'" >&2; exit 12; }

# git@git.example:harbour/checkout.git and https://git.example/harbour/checkout.git are harbour/checkout.
repository=${EK_REPOSITORY:-$(printf '%s' "${GIT_URL:-}" | sed -e 's/\.git$//' -e 's#^[a-z+]*://[^/]*/##' -e 's#^[^/]*:##')}

services=$EK_SERVICE
set -- --ref "${EK_REF:-${GIT_COMMIT:-}}" --environment "${EK_ENVIRONMENT:-production}"
old=$IFS
IFS=', '
for s in $services; do set -- "$@" --service "$s"; done
IFS=$old
[ -z "$repository" ] || set -- "$@" --repository "$repository"
[ -z "${EK_ARTEFACT:-}" ] || set -- "$@" --artefact "$EK_ARTEFACT"
[ -z "${EK_AUTHOR:-${CHANGE_AUTHOR:-}}" ] || set -- "$@" --author "${EK_AUTHOR:-$CHANGE_AUTHOR}"
[ -z "${EK_TYPE:-}" ] || set -- "$@" --type "$EK_TYPE"
[ -z "${EK_KIND:-}" ] || set -- "$@" --kind "$EK_KIND"
[ -z "${EK_PURPOSE:-}" ] || set -- "$@" --purpose "$EK_PURPOSE"
[ -z "${EK_MODEL:-}" ] || set -- "$@" --model "$EK_MODEL"
[ -z "${EK_ROLLBACK_REF:-}" ] || set -- "$@" --rollback-ref "$EK_ROLLBACK_REF"
[ -z "${BRANCH_NAME:-}" ] || set -- "$@" --branch "$BRANCH_NAME"
[ -z "${CHANGE_URL:-}" ] || set -- "$@" --pull-request "$CHANGE_URL"

[ "$step" = gate ] || exec "$program" change report "$step" "$@"
[ -z "${EK_WAIT:-}" ] || set -- "$@" "--wait=$EK_WAIT"
exec "$program" change gate --on-error "${EK_ON_ERROR:-block}" --journal "${EK_JOURNAL:-evenkeel-passed.jsonl}" "$@"
