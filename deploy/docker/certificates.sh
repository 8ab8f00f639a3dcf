#!/bin/sh
# An authority of Hookwright's own and, signed by it, a certificate for each service that speaks gRPC: docs/operations/tls.md.
#   certificates.sh <folder of the authority> <folder of the services>
# Makes <services>/<name>/{ca,cert,key}.pem. Repeated, it renews what has less than a third of its time left and leaves the rest alone.
# Needs openssl 3. The authority's folder has its key: no service may read it.
set -eu
authority=$1
services=$2
days=365
umask 077

new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# Whether a service's certificate is of this authority and has a third of its time left. Its ca.pem is written last, when the rest is there.
holds() {
  [ -s "$1/ca.pem" ] && openssl verify -CAfile "$authority/ca.pem" "$1/cert.pem" >/dev/null 2>&1 &&
    openssl x509 -in "$1/cert.pem" -noout -checkend $((days * 86400 / 3)) >/dev/null
}

mkdir -p "$authority"
if [ ! -s "$authority/ca.pem" ]; then
  new_key "$authority/ca.key"
  openssl req -x509 -key "$authority/ca.key" -out "$authority/ca.pem" -subj '/CN=Hookwright services' -days 3650
  echo "certificates: made a new authority"
fi

for service in gateway registry vault delivery; do
  folder=$services/$service
  mkdir -p "$folder"
  if holds "$folder"; then continue; fi
  new_key "$folder/key.new"
  openssl req -new -key "$folder/key.new" -out "$folder/request" -subj "/CN=$service" \
    -addext "subjectAltName=DNS:$service" -addext 'extendedKeyUsage=serverAuth,clientAuth'
  openssl x509 -req -in "$folder/request" -CA "$authority/ca.pem" -CAkey "$authority/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
    -copy_extensions copy -days "$days" -out "$folder/cert.new" 2>/dev/null
  rm "$folder/request"
  mv "$folder/key.new" "$folder/key.pem"
  mv "$folder/cert.new" "$folder/cert.pem"
  cp "$authority/ca.pem" "$folder/ca.new"
  mv "$folder/ca.new" "$folder/ca.pem"
  echo "certificates: made one for $service"
done
