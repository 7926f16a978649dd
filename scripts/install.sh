#!/usr/bin/env bash
# Installs pi_nn as a service on Raspberry Pi OS (bookworm, trixie). May be run again at any time.
set -euo pipefail
umask 022 # what root installs is for the service to read
root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/environment.sh"

PREFIX=/opt/pi-nn
VENV=$PREFIX/venv
CONFIG=/etc/pi-nn/config.toml
STATE=/var/lib/pi-nn
UNIT=/etc/systemd/system/pi-nn.service
COMMAND=/usr/local/bin/pi-nn
SERVICE_USER=pi-nn
# Good to have, but not in every archive: OpenBLAS is ten times faster than the reference BLAS; picamera2 is
# in Raspberry Pi's own archive, not in Debian's.
WANTED_PACKAGES="libopenblas0 python3-picamera2"

dry_run=no action=install_all listen=""

usage() {
  cat <<U
usage: sudo ./scripts/install.sh [--listen ADDRESS] [--dry-run] [--uninstall] [--help]

Installs pi-nn as a service that starts with the Raspberry Pi. Run it again to update: your settings
($CONFIG), models and corrections ($STATE) are kept.

  --listen ADDRESS  who may open the page: 127.0.0.1 this Pi alone, 0.0.0.0 your whole network
                    (without it the first installation asks)
  --dry-run         say what would be done and do nothing
  --uninstall       remove the service and the program; settings, models and corrections stay
U
}

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      --listen) listen=${2:?--listen needs an address, for instance 0.0.0.0} && shift ;;
      --listen=*) listen=${1#*=} ;;
      --dry-run) dry_run=yes ;;
      --uninstall) action=uninstall ;;
      -h | --help) usage && exit 0 ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift
  done
  [[ $listen =~ ^[0-9A-Za-z.:-]*$ ]] || fail "--listen $listen is no address; expected one like 0.0.0.0"
}

# Carries a step out, or in a dry run says what it would be.
step() {
  if [ "$dry_run" = yes ]; then
    printf 'would run: %s\n' "$*"
  else
    "$@"
  fi
}

installed() { [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]; }
available() { apt-cache show "$1" >/dev/null 2>&1; }
systemd_runs() { [ -d /run/systemd/system ]; }

install_packages() {
  local package needed=python3 missing="" optional=""
  for package in $RUN_PACKAGES; do needed="$needed ${package#*:}"; done
  for package in $needed; do installed "$package" || missing="$missing $package"; done
  for package in $WANTED_PACKAGES; do installed "$package" || optional="$optional $package"; done
  # A second run with everything in place needs no network.
  [ -n "$missing$optional" ] || return 0
  step apt-get update || say "the list of packages could not be fetched; going on with the old one"
  for package in $optional; do
    if available "$package"; then missing="$missing $package"; else absent "$package"; fi
  done
  # shellcheck disable=SC2086  # a list
  [ -z "$missing" ] || step env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

absent() {
  case $1 in
    python3-picamera2) say "python3-picamera2 is not in this system's archive (Raspberry Pi OS has it):" \
      "going on without, pictures will be simulated" ;;
    *) say "$1 is not in this system's archive: going on without" ;;
  esac
}

make_user() {
  if id "$SERVICE_USER" >/dev/null 2>&1; then
    step usermod --append --groups video "$SERVICE_USER"
  else
    step useradd --system --user-group --groups video --home-dir "$STATE" --no-create-home \
      --shell /usr/sbin/nologin "$SERVICE_USER"
  fi
}

# The environment has no pip: NumPy can come from apt alone, the one that picamera2 was built for.
make_environment() {
  if "$VENV/bin/python" -I -c 'import numpy' >/dev/null 2>&1; then return; fi # not after an update of Python
  rm -rf "$VENV"
  mkdir -p "$PREFIX"
  /usr/bin/python3 -m venv --without-pip --system-site-packages "$VENV"
  write_command "$VENV"
}

copy_program() {
  local site
  site=$(site_packages "$VENV")
  rm -rf "$site/pi_nn.new" "$site/pi_nn.old"
  cp -R "$root/pi_nn" "$site/pi_nn.new"
  find "$site/pi_nn.new" -name __pycache__ -prune -exec rm -rf {} +
  chmod -R u=rwX,go=rX "$site/pi_nn.new"
  if [ -e "$site/pi_nn" ]; then mv "$site/pi_nn" "$site/pi_nn.old"; fi
  mv "$site/pi_nn.new" "$site/pi_nn"
  rm -rf "$site/pi_nn.old"
  # Without these files every start costs six times as much, and the service may not write them itself.
  "$VENV/bin/python" -m compileall -q "$site/pi_nn"
  ln -sf "$VENV/bin/pi-nn" "$COMMAND"
}

ask_address() {
  if [ -n "$listen" ] || [ -e "$CONFIG" ] || [ ! -t 0 ]; then return; fi
  say "Who may open the page? 127.0.0.1: this Pi alone. 0.0.0.0: every computer of your network."
  read -rp "Address [127.0.0.1]: " listen
  [[ $listen =~ ^[0-9A-Za-z.:-]*$ ]] || fail "$listen is no address; expected one like 0.0.0.0"
}

# Written once; later runs change the address alone, and only when it is given.
write_config() {
  local token
  if [ -e "$CONFIG" ]; then
    say "keeping $CONFIG"
  else
    token=$(/usr/bin/python3 -c 'import secrets; print(secrets.token_hex(16))')
    install -d -m 755 "${CONFIG%/*}"
    install -m 640 -o root -g "$SERVICE_USER" /dev/null "$CONFIG.new"
    sed "s/^# token = .*/token = \"$token\"/" "$root/systemd/config.toml" >"$CONFIG.new"
    mv "$CONFIG.new" "$CONFIG"
  fi
  [ -z "$listen" ] || sed -i "s/^\(# \)\?host = .*/host = \"$listen\"/" "$CONFIG"
}

start_service() {
  step install -m 644 "$root/systemd/pi-nn.service" "$UNIT"
  step systemctl enable pi-nn.service
  if [ "$dry_run" = no ] && ! systemd_runs; then
    say "systemd is not running here: the service starts with the next boot"
    return
  fi
  step systemctl daemon-reload
  step systemctl restart pi-nn.service
}

install_all() {
  install_packages
  make_user
  step make_environment
  step copy_program
  ask_address
  step write_config
  step install -d -m 750 -o "$SERVICE_USER" -g "$SERVICE_USER" "$STATE"
  start_service
  step runuser -u "$SERVICE_USER" -- "$COMMAND" doctor || say "the lines above marked 'error' must be mended"
  step where_it_is
}

where_it_is() {
  local host port
  host=$(sed -n 's/^host = "\(.*\)".*/\1/p' "$CONFIG")
  port=$(sed -n 's/^port = \([0-9]*\).*/\1/p' "$CONFIG")
  if [ "$host" = 0.0.0.0 ]; then host=$(hostname).local; fi
  say "done. The page: http://$host:${port:-8000}"
  say "the token for changes: sudo grep token $CONFIG; faults: journalctl -u pi-nn"
}

uninstall() {
  if systemd_runs; then
    step systemctl disable --now pi-nn.service || true
  else
    step systemctl disable pi-nn.service || true
  fi
  step rm -rf "$UNIT" "$COMMAND" "$PREFIX"
  if systemd_runs; then step systemctl daemon-reload; fi
  say "removed. Kept: ${CONFIG%/*}, $STATE and the user $SERVICE_USER. To forget everything:" \
    "sudo rm -r ${CONFIG%/*} $STATE; sudo userdel $SERVICE_USER"
}

parse "$@"
if [ "$dry_run" = no ]; then
  [ "$(id -u)" = 0 ] || fail "only root can install: sudo ./scripts/install.sh"
  for program in apt-get systemctl; do
    command -v "$program" >/dev/null || fail "$program was not found; this installs on Raspberry Pi OS and Debian alone"
  done
fi
"$action"
