#!/usr/bin/env bash
# .ci/systemd_trial.sh DIR [SUITE]: installs pi_nn with scripts/install.sh in a clean Debian, boots it in a
# container with a real systemd, and tries the service there (.ci/systemd_guest.sh). Needs root, debootstrap
# and systemd-container.
set -euo pipefail
root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/mirror.sh"
dir=${1:?usage: .ci/systemd_trial.sh DIR [SUITE]} suite=${2:-bookworm}
host=/root/pi_nn

inside() { systemd-nspawn -q --pipe --register=no --keep-unit -D "$dir" --setenv=DEBIAN_FRONTEND=noninteractive "$@"; }
check() {
  "$@" || { echo "failed: $*" >&2 && exit 1; }
  echo "ok: $*"
}

make_system() {
  debootstrap --variant=minbase --include=ca-certificates,systemd,systemd-sysv,dbus,curl,procps "$suite" "$dir" \
    "$(debian_mirror)" >"$dir.log" || { tail "$dir.log" && exit 1; }
  # Where the network is a machine's own affair, its names and its authorities are, too.
  cp -L /etc/resolv.conf /etc/hosts "$dir/etc/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$dir/etc/ssl/certs/"
  mkdir "$dir$host"
  git -C "$root" archive HEAD | tar -x -C "$dir$host"
}

install_twice() {
  local before
  inside "$host/scripts/install.sh" --dry-run --listen 0.0.0.0 >/dev/null
  check [ ! -e "$dir/opt/pi-nn" ]
  inside "$host/scripts/install.sh" --listen 0.0.0.0 |& tee "$dir.install"
  check grep -q 'python3-picamera2 is not in this system.s archive' "$dir.install"
  check [ -L "$dir/etc/systemd/system/multi-user.target.wants/pi-nn.service" ]
  before=$(cksum <"$dir/etc/pi-nn/config.toml")
  check grep -q '^host = "0.0.0.0"' "$dir/etc/pi-nn/config.toml"
  check grep -qE '^token = "[0-9a-f]{32}"' "$dir/etc/pi-nn/config.toml"
  check [ "$(stat -c %a "$dir/etc/pi-nn/config.toml")" = 640 ]
  echo kept >"$dir/var/lib/pi-nn/correction"
  cp "$dir$host/pi_nn/models/digits-tiny.npz" "$dir/var/lib/pi-nn/mine.npz"
  inside "$host/scripts/install.sh"
  check [ "$before" = "$(cksum <"$dir/etc/pi-nn/config.toml")" ]
  check [ -e "$dir/var/lib/pi-nn/correction" ]
  check [ -e "$dir/var/lib/pi-nn/mine.npz" ]
  check [ -n "$(find "$dir"/opt/pi-nn/venv/lib -path '*pi_nn/__pycache__*.pyc' -print -quit)" ]
  check [ -z "$(find "$dir"/opt/pi-nn -name 'numpy*' -print -quit)" ]
  check grep -q '^pi-nn:.*:/usr/sbin/nologin$' "$dir/etc/passwd"
}

boot() {
  cp "$root/.ci/systemd_guest.sh" "$dir/root/"
  cat >"$dir/etc/systemd/system/trial.service" <<'U'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
StandardOutput=file:/root/trial.log
StandardError=inherit
ExecStart=/bin/bash /root/systemd_guest.sh
ExecStopPost=/bin/sh -c 'systemctl exit $EXIT_STATUS'
[Install]
WantedBy=default.target
U
  inside systemctl -q enable trial.service
  local status=0
  timeout 600 systemd-nspawn -q --register=no --keep-unit --private-network -D "$dir" -b </dev/null >"$dir.boot" || status=$?
  cat "$dir/root/trial.log"
  [ "$status" = 0 ] || { tail -50 "$dir.boot" && exit 1; }
}

uninstall() {
  inside "$host/scripts/install.sh" --uninstall
  check [ ! -e "$dir/opt/pi-nn" ]
  check [ ! -e "$dir/etc/systemd/system/pi-nn.service" ]
  check [ -e "$dir/etc/pi-nn/config.toml" ]
  check [ -e "$dir/var/lib/pi-nn/correction" ]
}

make_system
install_twice
boot
uninstall
