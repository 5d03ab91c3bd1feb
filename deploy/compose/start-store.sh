#!/bin/sh
# Fill the hashes of the users' passwords into a template, then start the server:
# start-store.sh TEMPLATE FILE COMMAND...
set -eu
umask 077
template=$1 file=$2
shift 2
grep -v '^#' "$template" >"$file"
for user in gateway worker dispatcher sweeper operator sentinel replica; do
	variable=STORE_PASSWORD_$(echo "$user" | tr '[:lower:]' '[:upper:]')
	eval "password=\${$variable:?is not set: see secrets.sh}"
	hash=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
	sed "s/{$user}/$hash/" "$file" >"$file.new"
	mv "$file.new" "$file"
done
exec "$@" --aclfile "$file" --masteruser replica --masterauth "$STORE_PASSWORD_REPLICA"
