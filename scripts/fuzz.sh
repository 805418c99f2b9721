#!/bin/sh
# Runs every fuzz target for a while: FUZZTIME=30s make fuzz
set -eu
grep -rl --include='*_test.go' '^func Fuzz' . | while read -r f; do
	dir=$(dirname "$f")
	grep -o '^func Fuzz[A-Za-z0-9_]*' "$f" | sed 's/^func //' | while read -r name; do
		echo "$dir $name"
		go test "$dir" -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-10s}"
	done
done
