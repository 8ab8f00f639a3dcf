#!/bin/sh
# KAFKA_SOME_NAME=value becomes some.name=value, as in the official image.
set -e
env | sed -n 's/^KAFKA_\([A-Z_]*\)=\(.*\)$/\1 \2/p' | grep -v -e '^HEAP_OPTS' -e '^OPTS' | while read -r name value; do
  echo "$(echo "$name" | tr 'A-Z_' 'a-z.')=$value"
done >/tmp/server.properties
if ! grep -q '^node.id' /tmp/server.properties; then echo "node.id=1" >>/tmp/server.properties; fi
java -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format --ignore-formatted -t "${CLUSTER_ID:-4L6g3nShT-eMCtK--X86sw}" -c /tmp/server.properties >/dev/null
exec java -Xmx512m -cp '/opt/kafka/libs/*' kafka.Kafka /tmp/server.properties
