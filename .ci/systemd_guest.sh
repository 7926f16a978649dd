#!/usr/bin/env bash
# Runs in the booted container of .ci/systemd_trial.sh: is the service what its unit promises?
set -euo pipefail
CONFIG=/etc/pi-nn/config.toml
BASE=http://127.0.0.1:8000

say() { printf '%s\n' "$*"; }
die() {
  say "FAILED: $*"
  systemctl status pi-nn --no-pager --lines=40 || true
  exit 1
}
check() { if "$@" >/dev/null 2>&1; then say "ok: $*"; else die "$*"; fi; }
refused() { if "$@" >/dev/null 2>&1; then die "not refused: $*"; else say "ok: refused: $*"; fi; }
property() { systemctl show -P "$1" pi-nn; }

# within SECONDS COMMAND...: tries until it succeeds
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || die "in time: $*"
    sleep 0.5
  done
  say "ok: $*"
}
active() { [ "$(property ActiveState)" = active ]; }
ready() { curl -fsS "$BASE/readyz"; }
restarted() { [ "$(property NRestarts)" -gt "$1" ] && active; }
logged() { journalctl -u pi-nn -o cat | grep -q "$1"; }

starts() {
  within 60 active
  within 30 ready
  check curl -fsS "$BASE/api/reading"
  check [ "$(stat -c %U /proc/"$(property MainPID)")" = pi-nn ]
}

# As root in the service's own view of the files: even root may write nothing but the state there.
is_confined() {
  local pid
  pid=$(property MainPID)
  local -a view=(nsenter -t "$pid" -m)
  for place in /usr /etc /opt/pi-nn /var/lib /var/tmp /tmp /root /home; do refused "${view[@]}" touch $place/x; done
  check "${view[@]}" touch /var/lib/pi-nn/x
  check grep -qx 'NoNewPrivs:.1' "/proc/$pid/status"
  check grep -qx 'Seccomp:.2' "/proc/$pid/status"
  check grep -qxE 'CapEff:.0+' "/proc/$pid/status"
  check grep -qxE 'CapBnd:.0+' "/proc/$pid/status"
  check [ "$(id -nG pi-nn)" = "pi-nn video" ]
  check grep -qE "^Groups:.*\b$(getent group video | cut -d: -f3)\b" "/proc/$pid/status"
}

reloads() {
  local pid
  pid=$(property MainPID)
  sed -i 's/^stale_after = .*/stale_after = 9.0/' $CONFIG
  check systemctl reload pi-nn
  within 10 logged "loaded again"
  echo 'no_such_setting = 1' >>$CONFIG
  check systemctl reload pi-nn
  within 10 logged "no_such_setting"
  check ready
  check [ "$(property MainPID)" = "$pid" ]
}

never_gives_up() {
  # The configuration is still wrong: it fails at every start, and comes back by itself when that is mended.
  systemctl kill -s KILL pi-nn
  sleep 13
  check [ "$(property NRestarts)" -ge 2 ]
  sed -i '/no_such_setting/d' $CONFIG
  within 30 active
  within 30 ready
}

survives_a_hang() {
  local before
  before=$(property NRestarts)
  systemctl kill -s STOP pi-nn
  within 100 restarted "$before"
  within 30 ready
}

stops_in_time() {
  local from=$SECONDS
  check systemctl stop pi-nn
  check [ $((SECONDS - from)) -le 5 ]
  check [ "$(property Result)" = success ]
  refused logged Traceback
}

starts
is_confined
reloads
never_gives_up
survives_a_hang
stops_in_time
say "the service keeps its promises"
