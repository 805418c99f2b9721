#!/usr/bin/env bash
# Asks Evenkeel's gate for a job of GitHub Actions. Exit codes are those of
# "evenkeel change gate": 0 goes on; 10 waits, 11 denied, 12 no answer.
set -euo pipefail

program=$EK_PROGRAM
if ! command -v "$program" >/dev/null 2>&1; then
  if [ -z "${EK_URL:-}" ] || [ -z "${EK_SHA256:-}" ]; then
    echo "::error::$program is not on this runner; install it, or give the action url and sha256"
    exit 12
  fi
  program=$RUNNER_TEMP/evenkeel-$EK_SHA256
  if [ ! -x "$program" ]; then
    curl --fail --silent --show-error --location --retry 3 --output "$program.new" "$EK_URL" || {
      echo "::error::the program cannot be downloaded from $EK_URL"; exit 12; }
    if ! echo "$EK_SHA256  $program.new" | sha256sum --check --status; then
      rm -f "$program.new"
      echo "::error::what $EK_URL gave is not the program of that SHA-256; it was not run"
      exit 12
    fi
    chmod 0755 "$program.new"
    mv "$program.new" "$program"
  fi
fi

args=(--ref "$EK_REF" --environment "$EK_ENVIRONMENT")
IFS=, read -r -a services <<<"$EK_SERVICE"
for s in "${services[@]}"; do args+=(--service "${s//[[:space:]]/}"); done
add() { if [ -n "$2" ]; then args+=("$1" "$2"); fi; }
add --artefact "${EK_ARTEFACT:-}"
add --author "${EK_AUTHOR:-}"
add --type "${EK_TYPE:-}"
add --kind "${EK_KIND:-}"
add --purpose "${EK_PURPOSE:-}"
add --model "${EK_MODEL:-}"
add --rollback-ref "${EK_ROLLBACK_REF:-}"

if [ "$EK_STEP" != gate ]; then
  exec "$program" change report "$EK_STEP" "${args[@]}"
fi

journal=$RUNNER_TEMP/evenkeel-passed-$RANDOM$RANDOM.jsonl
if [ -n "${EK_WAIT:-}" ] && [ "$EK_WAIT" != 0 ]; then args+=("--wait=$EK_WAIT"); fi
code=0
answer=$("$program" -o table change gate --on-error "$EK_ON_ERROR" --journal "$journal" "${args[@]}") || code=$?

verdict='' change='' link='' line=''
if [[ $answer =~ ^(allowed|waiting|denied)\ (CHG-[0-9]+):\ (.*)$ ]]; then
  verdict=${BASH_REMATCH[1]} change=${BASH_REMATCH[2]} line=${BASH_REMATCH[3]}
  if [[ $line =~ ^(.*)\ (https?://[^\ ]+)$ ]]; then line=${BASH_REMATCH[1]} link=${BASH_REMATCH[2]}; fi
elif [ "$code" = 0 ]; then
  verdict=passed line="Evenkeel did not answer; this goes on without it"
else
  line="Evenkeel gave no answer (code $code)"
fi
{
  echo "verdict=$verdict"
  echo "change=$change"
  echo "link=$link"
  echo "line=${line//$'\n'/ }"
  if [ -s "$journal" ]; then echo "journal=$journal"; fi
} >>"$GITHUB_OUTPUT"
echo "${change:+**[$change]($link)** }${verdict:-no answer}: ${line//$'\n'/ }" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
case $code in
  0) if [ "$verdict" = passed ]; then echo "::warning::$line"; else echo "$verdict $change: $line $link"; fi ;;
  *) echo "::error title=Evenkeel::${verdict:+$verdict }${change:+$change: }$line $link" ;;
esac
exit "$code"
