#!/bin/sh
# Write random passwords into a new file: sh deploy/compose/secrets.sh deploy/.env
set -eu
umask 077
file=${1:?name the file to write, such as deploy/.env}
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
if [ -e "$file" ]; then
	echo "$file exists already: its passwords stay as they are. Delete it for new ones." >&2
	exit 1
fi
{
	echo "# Passwords of the store's users, the database and Grafana, written by secrets.sh. Keep them secret and keep a copy."
	for user in GATEWAY WORKER DISPATCHER SWEEPER OPERATOR SENTINEL REPLICA; do
		echo "STORE_PASSWORD_$user=$(random)"
	done
	echo "DATABASE_PASSWORD=$(random)"
	echo "GRAFANA_PASSWORD=$(random)"
} >"$file"
