#!/bin/sh
exec /usr/bin/redis-server.debian "$@" --protected-mode no
