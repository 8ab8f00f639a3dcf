#!/usr/bin/env bash
# Stand-ins for the official images, under their names, made of Debian packages, this project's Node and the broker's own jars: for trying
# docker-compose.yml and the testkit's container path on a machine with a Docker engine that can reach package registries but pull no images.
# Never for production. Needs root, debootstrap, Maven and an installed node_modules.
set -euo pipefail
cd "$(dirname "$0")"
root=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "debian:bookworm-slim"
debootstrap --variant=minbase --include=ca-certificates bookworm "$work/debian" >"$work/debootstrap.log"
# What signs TLS here, so that npm and apt work inside too.
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then cp "$NODE_EXTRA_CA_CERTS" "$work/debian/etc/ssl/certs/ca-certificates.crt"; fi
tar -C "$work/debian" -c . | docker import - debian:bookworm-slim >/dev/null

# image, its tag in docker-compose.yml, packages, what else
from_debian() {
  local image=$1 packages=$2
  shift 2
  echo "$image"
  { echo "FROM debian:bookworm-slim"; echo "RUN apt-get update && apt-get install -y --no-install-recommends $packages && rm -rf /var/lib/apt/lists/*"; printf '%s\n' "$@"; } >"$work/context/Dockerfile"
  docker build -q -t "$image" "$work/context" >/dev/null
}

mkdir "$work/context"
cp postgres-entrypoint.sh kafka-entrypoint.sh redis-server.sh "$work/context"
from_debian postgres:15 "postgresql-15 gosu" 'ENV PGDATA=/var/lib/postgresql/data PATH=/usr/lib/postgresql/15/bin:$PATH' \
  'COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh' 'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["postgres"]'
# The official image is built without Redis' protected mode, which refuses everyone but loopback.
from_debian redis:7 "redis-server" 'RUN mv /usr/bin/redis-server /usr/bin/redis-server.debian' 'COPY redis-server.sh /usr/bin/redis-server' 'CMD ["redis-server"]'
mvn -q -f "$root/deploy/kafka/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/context/libs"
from_debian apache/kafka:4.1.0 "openjdk-17-jre-headless" 'COPY libs /opt/kafka/libs' \
  'COPY kafka-entrypoint.sh /etc/kafka/docker/run' 'CMD ["/etc/kafka/docker/run"]'
cp "$root/node_modules/node/bin/node" "$work/context/node"
cp -r "$(npm root -g)/npm" "$work/context/npm"
from_debian node:26.10.0-bookworm-slim "libatomic1" 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' 'COPY node /usr/local/bin/node' 'COPY npm /usr/local/lib/node_modules/npm' \
  'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx'
# Debian has its own Prometheus.
from_debian prom/prometheus:v3.5.0 "prometheus" 'CMD ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/tmp/prometheus"]'
