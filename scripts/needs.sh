#!/bin/sh
# Installs what the tests need and is missing, or says exactly what to install.
set -eu
missing=""
need() { # command or path pattern, package
	command -v "$1" >/dev/null 2>&1 || ls $1 >/dev/null 2>&1 || missing="$missing $2"
}
need "/usr/lib/postgresql/*/bin/initdb" postgresql
need prometheus prometheus
need prometheus-alertmanager prometheus-alertmanager
need chromium chromium
need git git
need gcc gcc
need /usr/include/stdlib.h libc6-dev # with gcc, for the race detector
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing:$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# Debian starts services on installation; the tests start their own.
	policy=/usr/sbin/policy-rc.d
	[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; }
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
	[ -z "${made:-}" ] || rm -f $policy
	exit 0
fi
echo "The tests need packages that are missing here. Install them and try again:" >&2
echo "  sudo apt-get install$missing" >&2
exit 1
