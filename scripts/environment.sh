# Sourced by scripts/run, scripts/test and scripts/install.sh: finds Python, makes a virtual environment once.
# shellcheck shell=bash

# module:package, what Raspberry Pi OS gives by apt for the dependencies of pyproject.toml
RUN_PACKAGES="numpy:python3-numpy PIL:python3-pil flask:python3-flask click:python3-click
  waitress:python3-waitress prometheus_client:python3-prometheus-client"
TEST_PACKAGES="pytest:python3-pytest pytest_timeout:python3-pytest-timeout hypothesis:python3-hypothesis
  scipy:python3-scipy matplotlib:python3-matplotlib tqdm:python3-tqdm"

say() { printf 'pi-nn: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

# A Raspberry Pi takes NumPy and the others from apt: a NumPy from pip beside apt's picamera2 breaks it
# ("numpy.dtype size changed"), and the Pi Zero has no wheels on the Python index at all.
on_a_pi() { [ -e /etc/rpi-issue ] || grep -aqs 'Raspberry Pi' /proc/device-tree/model; }

# Prints a Python of at least 3.11, better one that can make a whole virtual environment. A name on PATH may
# be a version manager's shim that does not run: try it.
find_python() {
  local candidates candidate modules
  candidates="python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3"
  if on_a_pi; then candidates=/usr/bin/python3; fi # apt's packages belong to this one
  for modules in "sys, venv, ensurepip" sys; do
    for candidate in $candidates; do
      if "$candidate" -c "import $modules; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; then
        command -v "$candidate"
        return
      fi
    done
  done
  if ! command -v python3 >/dev/null; then
    ask_for "Python is not installed" python3 python3-venv
  fi
  fail "Python 3.11 or newer is needed, found $(python3 -V 2>&1). Debian 12 and Raspberry Pi OS bookworm have it."
}

# ask_for WHY PACKAGE...: only root can install these; say how and stop.
ask_for() {
  local why=$1
  shift
  command -v apt-get >/dev/null || fail "$why. Install what your system calls: $*. Then start this again."
  say "$why. Install with this line, then start this again:"
  printf '\n    sudo apt-get update && sudo apt-get install -y %s\n\n' "$*" >&2
  exit 1
}

# missing_packages PYTHON "module:package ...": prints the packages whose module is not there
missing_packages() {
  "$1" -c 'import sys, importlib.util as u
print(*(p.split(":")[1] for p in sys.argv[1].split() if u.find_spec(p.split(":")[0]) is None))' "$2"
}

# prepare ROOT VENV EXTRAS GROUP: leaves a working VENV with ROOT's package in it, installing only what
# changed. EXTRAS and GROUP name what pyproject.toml lists; GROUP may be empty.
prepare() {
  local root=$1 venv=$2 extras=$3 group=$4 state="" want kind=desktop
  if on_a_pi; then kind=pi; fi
  want="1 $kind $extras $group $(cksum <"$root/pyproject.toml") $root"
  if [ -e "$venv/pi-nn-state" ]; then state=$(cat "$venv/pi-nn-state"); fi
  if [ "$state" = "$want" ] && still_works "$venv"; then return; fi
  check_writable "$root" "$venv"
  # Without a state it is someone's own: installed into, never deleted.
  if [ -n "$state" ] && ! still_works "$venv"; then
    say "making ${venv##*/} again, the last time it was not finished or Python has changed"
    rm -rf "$venv"
  fi
  "install_on_$kind" "$root" "$venv" "$extras" "$group"
  printf '%s\n' "$want" >"$venv/pi-nn-state"
}

still_works() { "$1/bin/python" -P -c 'import pi_nn' >/dev/null 2>&1; }

check_writable() {
  local target=$2
  if [ ! -e "$target" ]; then target=$1; fi
  if [ -w "$target" ]; then return; fi
  fail "$target cannot be written by $(id -un). Was it made by root? Then: sudo chown -R $(id -un) '$1'"
}

install_on_desktop() {
  local root=$1 venv=$2 extras=$3 group=$4 python
  python=$(find_python)
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    ask_for "Python's module for virtual environments is not installed" "$(venv_package "$python")"
  fi
  say "installing into ${venv##*/} (once; about a minute, needs the network)"
  make_venv "$python" "$venv"
  [ -z "$group" ] || group_requirements "$venv/bin/python" "$root" "$group" >"$venv/requirements.txt"
  (
    cd "$root"
    PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install -q \
      -e ".[$extras]" ${group:+-r "$venv/requirements.txt"}
  ) || fail "pip could not install the packages (see above). Is there a network? Then start this again."
}

# On a Pi everything but pi_nn itself is apt's. No pip in there: it could only fetch a second NumPy.
install_on_pi() {
  local root=$1 venv=$2 group=$4 python missing wanted=$RUN_PACKAGES
  python=$(find_python)
  if [ -n "$group" ]; then wanted="$RUN_PACKAGES $TEST_PACKAGES"; fi
  missing=$(missing_packages "$python" "$wanted")
  # shellcheck disable=SC2086  # a list
  [ -z "$missing" ] || ask_for "packages of Raspberry Pi OS are missing" $missing
  say "making ${venv##*/} (once)"
  make_venv "$python" "$venv" --without-pip --system-site-packages
  printf '%s\n' "$root" >"$(site_packages "$venv")/pi_nn.pth"
  write_command "$venv"
}

# make_venv PYTHON VENV [OPTION...]: marks it unfinished unless it is someone's own
make_venv() {
  local python=$1 venv=$2
  shift 2
  if [ ! -e "$venv" ]; then
    mkdir -p "$venv"
    echo unfinished >"$venv/pi-nn-state"
  fi
  "$python" -m venv "$@" "$venv"
}

site_packages() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }

# The command that pip would have made; a path with spaces may not stand in a "#!" line.
write_command() {
  # shellcheck disable=SC2016  # for the script that is written
  printf '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -P -m pi_nn "$@"\n' >"$1/bin/pi-nn"
  chmod +x "$1/bin/pi-nn"
}

# Debian's own Python gets "python3-venv", another one beside it "python3.12-venv".
venv_package() {
  local version
  version=$("$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  if [ "$(readlink -f /usr/bin/python3)" = "/usr/bin/$version" ]; then
    echo python3-venv
  else
    echo "$version-venv"
  fi
}

# The pip of Debian 12 does not know dependency groups (PEP 735) yet.
group_requirements() {
  "$1" -c 'import sys, tomllib
groups = tomllib.load(open(sys.argv[1] + "/pyproject.toml", "rb"))["dependency-groups"]
print(*groups[sys.argv[2]], sep="\n")' "$2" "$3"
}
