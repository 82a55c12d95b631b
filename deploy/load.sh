#!/bin/sh
# Steady load on a cluster's HTTP API: a page of every shopper of the demo world, then one click of each, again and again.
# Every round prints requests, their rate, errors, and percentiles of the time to the last byte.
#
#   SILOS=127.0.0.1:8081,127.0.0.1:8082 [API_KEY=…] [PARALLEL=8] [SHOPPERS=2000] [ROUNDS=0] deploy/load.sh
#
# ROUNDS=0 goes on until it is stopped. Needs curl 7.67 or later, and awk.
set -eu
silos=${SILOS:?HOST:PORT of the silos, with commas between}
shoppers=${SHOPPERS:-2000} parallel=${PARALLEL:-8} rounds=${ROUNDS:-0} round=0
case $shoppers in *[!0-9]*|'') echo "SHOPPERS was '$shoppers'; legal is a whole number." >&2; exit 2 ;; esac
last=$(printf %04d "$shoppers")

report() { # of lines "status seconds"
  sort -n -k 2 | awk -v what="$1" -v began="$2" -v ended="$(date +%s)" '
    { time[NR] = $2; if ($1 < 200 || $1 > 299) bad++ }
    END { if (NR == 0) exit
      s = ended - began; if (s < 1) s = 1
      printf "%s: %d in %d s (%.0f/s), %d errors, p50 %.1f ms, p99 %.1f ms\n", what, NR, s, NR / s, bad + 0,
        1000 * time[int((NR + 1) / 2)], 1000 * time[int(0.99 * (NR - 1)) + 1] }'
}

while [ "$rounds" = 0 ] || [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  item=$(printf 'item-%05d' $((round % 5000 + 1)))
  # Silos that are away count as errors; the round goes on with the others.
  began=$(date +%s)
  curl --silent --parallel --parallel-max "$parallel" --max-time 5 --header "X-Api-Key: ${API_KEY:-}" --output /dev/null \
    --write-out '%{http_code} %{time_total}\n' \
    "http://{$silos}/v1/users/shopper-[0001-$last]/recommendations?count=20" 2>/dev/null | report pages "$began" || true
  began=$(date +%s)
  curl --silent --parallel --parallel-max "$parallel" --max-time 5 --header "X-Api-Key: ${API_KEY:-}" --output /dev/null \
    --write-out '%{http_code} %{time_total}\n' --header 'Content-Type: application/json' \
    --data "[{\"userId\":\"load-$round\",\"itemId\":\"$item\",\"type\":\"click\"}]" \
    "http://{$silos}/v1/events?n=[1-100]" 2>/dev/null | report clicks "$began" || true
done
