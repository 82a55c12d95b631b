#!/usr/bin/env bash
# Runs a whole cluster on this machine: a redis-server with an append-only file, and N silo processes, all on loopback.
# Ctrl-C (or TERM) stops the silos one after the other, gracefully, and Redis last.
#
#   deploy/local-cluster.sh [N] [--data DIR] [--port P] [--redis-port P] [-- further options of every silo]
#
#   N             silos, 1 to 20; default 3
#   --data DIR    what the cluster keeps; default ./data-cluster, made when absent, and still there afterwards
#   --port P      the silos' HTTP ports are P, P+1, …; default 8081; their other ports are P+1000… and P+2000…
#   --redis-port  default 6390
set -euo pipefail

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit "${1:-2}"; }
count=3 data=data-cluster port=8081 redis_port=6390 more=()
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data=${2:?--data needs a folder}; shift 2 ;;
    --port) port=${2:?--port needs a number}; shift 2 ;;
    --redis-port) redis_port=${2:?--redis-port needs a number}; shift 2 ;;
    --help | -h) usage 0 ;;
    --) shift; more=("$@"); break ;;
    [0-9]*) count=$1; shift ;;
    *) echo "There is no option $1." >&2; usage ;;
  esac
done
[[ $count =~ ^[0-9]+$ ]] && [ "$count" -ge 1 ] && [ "$count" -le 20 ] || { echo "N was '$count'; legal is 1 to 20." >&2; exit 2; }
for tool in redis-server redis-cli dotnet curl; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed (Debian: apt-get install redis-server curl)." >&2; exit 1; }
done

root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$data/redis" "$data/logs" "$data/artifacts"
data=$(cd "$data" && pwd)

echo "Building Release …"
dotnet build "$root/src/Silo/Recs.Silo.csproj" -c Release -v quiet --nologo
silo="$root/src/Silo/bin/Release/net10.0/Recs.Silo.dll"

redis_pid='' silo_pids=() stopping=0
stop_all() {
  [ "$stopping" = 0 ] || return 0
  stopping=1
  # One after the other, so that each can hand its grains to the rest.
  for pid in "${silo_pids[@]}"; do
    if kill -TERM "$pid" 2>/dev/null; then
      echo "Stopping silo (process $pid) …"
      wait "$pid" 2>/dev/null || true
    fi
  done
  if [ -n "$redis_pid" ] && kill -TERM "$redis_pid" 2>/dev/null; then
    echo "Stopping Redis …"
    wait "$redis_pid" 2>/dev/null || true
  fi
  echo "Stopped. The cluster's data is in $data."
}
trap 'stop_all; exit 0' INT TERM
trap stop_all EXIT

# Flushed before every answer: with APPENDFSYNC=everysec a power cut may take the last second of acknowledged events.
# In a process group of its own, so that Ctrl-C reaches this script alone and the order of stopping is ours.
set -m
redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$data/redis" --appendonly yes \
  --appendfsync "${APPENDFSYNC:-always}" --save '' >"$data/logs/redis.log" 2>&1 &
redis_pid=$!
until [ "$(redis-cli -p "$redis_port" ping 2>/dev/null)" = PONG ]; do
  kill -0 "$redis_pid" 2>/dev/null || { echo "Redis did not start:" >&2; tail -5 "$data/logs/redis.log" >&2; exit 1; }
  sleep 0.1
done

urls=()
for ((i = 0; i < count; i++)); do
  url="http://127.0.0.1:$((port + i))"
  dotnet "$silo" --redis "127.0.0.1:$redis_port" --data "$data/artifacts" --urls "$url" --advertised-ip 127.0.0.1 \
    --silo-port $((port + 1000 + i)) --gateway-port $((port + 2000 + i)) "${more[@]}" >"$data/logs/silo-$i.log" 2>&1 &
  silo_pids+=($!)
  urls+=("$url")
done

for ((i = 0; i < count; i++)); do
  until curl -sf -o /dev/null "${urls[i]}/health/ready"; do
    kill -0 "${silo_pids[i]}" 2>/dev/null || { echo "Silo $i did not start:" >&2; tail -20 "$data/logs/silo-$i.log" >&2; exit 1; }
    sleep 0.2
  done
  echo "Silo $i is ready: ${urls[i]} (process ${silo_pids[i]}, log $data/logs/silo-$i.log)"
done
cat <<END

  Storefront   ${urls[0]}/
  Operator     ${urls[0]}/operator
  Dashboard    ${urls[0]}/dashboard
  A page       curl '${urls[0]}/v1/users/you/recommendations?count=5'
  Redis        127.0.0.1:$redis_port (process $redis_pid)

Ctrl-C stops it all.
END

# A silo that ends is said; the others go on.
while [ ${#silo_pids[@]} -gt 0 ]; do
  sleep 1 &
  wait $! || true
  for i in "${!silo_pids[@]}"; do
    if ! kill -0 "${silo_pids[i]}" 2>/dev/null; then
      echo "A silo (process ${silo_pids[i]}) has ended; the last it said:"
      tail -3 "$data/logs/silo-$i.log"
      unset "silo_pids[i]"
    fi
  done
done
echo "No silo is left."
