#!/bin/sh
# What docker-compose.yml and testcontainers use of the official image: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB; the log line of a second start.
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  install -d -o postgres -m 700 "$PGDATA"
  printf '%s' "${POSTGRES_PASSWORD:?}" >/tmp/password
  gosu postgres initdb -U "${POSTGRES_USER:=postgres}" --pwfile=/tmp/password --auth=scram-sha-256 >/dev/null
  rm /tmp/password
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  db=${POSTGRES_DB:-$POSTGRES_USER}
  [ "$db" = postgres ] || echo "CREATE DATABASE \"$db\"" | gosu postgres postgres --single -j postgres >/dev/null
  echo "LOG:  database system is ready to accept connections"
fi
shift
exec gosu postgres postgres -c listen_addresses='*' "$@"
