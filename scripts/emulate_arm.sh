#!/usr/bin/env bash
# A Pi Zero's Python on this computer: Debian's own ARM packages under QEMU's user mode.
#
#   scripts/emulate_arm.sh DIR        makes DIR once (a finished one is left alone); then
#   DIR/py ARGS…                      Python with NumPy, Pillow, Flask on the emulated processor
#   DIR/icount ARGS…                  the same, and prints the number of instructions ("ICOUNT exit total=N");
#                                     each os.getppid() in the program prints the number since the last one
#   DIR/mem ARGS…                     the same; guestmem.resident_mb() then tells the program's own memory
#
# ARCH=armel (default): the ARM1176 of the Zero, one instruction too new dies with SIGILL; floats in software.
# ARCH=armhf: hardware floats, for counting float code.   SUITE=bookworm (default) or trixie.
# EXTRA="python3-…": more packages.   Needs Debian, root and the network, no kernel module; 130 MB.
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
. "$here/mirror.sh"
dir=${1:?usage: scripts/emulate_arm.sh DIR} arch=${ARCH:-armel} suite=${SUITE:-bookworm}
case $arch in
  armel) cpu=arm1176 triplet=arm-linux-gnueabi ;;
  armhf) cpu=cortex-a7 triplet=arm-linux-gnueabihf ;;
  *) echo "ARCH is $arch, expected armel or armhf" >&2 && exit 2 ;;
esac
packages="python3 python3-numpy python3-pil python3-flask python3-waitress python3-prometheus-client
  python3-pytest python3-pytest-timeout python3-hypothesis libblas3 liblapack3 ${EXTRA:-}"
# Of the packages' dependencies, these are loaded by nothing that is run.
unneeded='perl.*|libperl.*|dpkg|tar|debconf|libjs-.*|media-types|mailcap|readline-common|lsb-base'

mkdir -p "$dir"
dir=$(CDPATH='' cd -- "$dir" && pwd)
root=$dir/root
finished="$arch $suite ${EXTRA:-}"
if [ "$(cat "$dir/finished" 2>/dev/null)" = "$finished" ]; then exit 0; fi
export DEBIAN_FRONTEND=noninteractive

apt() {
  local try
  for try in 1 2 3; do
    apt-get -q "$@" >"$dir/apt.log" && return 0
    sleep "$((try * 3))"
  done
  cat "$dir/apt.log" >&2
  return 1
}

install_tools() {
  if command -v qemu-arm >/dev/null && command -v cc >/dev/null; then return; fi
  apt update
  # The static build of QEMU has no plugins.
  apt install -y --no-install-recommends qemu-user gcc libc6-dev
}

# Downloads into $dir/packages with an apt of its own, so that this computer's is left alone.
download() {
  local apt_dir=$dir/apt list
  rm -rf "$apt_dir" "$dir/packages" # a try that failed may have been for another processor
  mkdir -p "$apt_dir"/state/lists/partial "$apt_dir"/cache/archives/partial "$apt_dir/none" "$dir/packages"
  : >"$apt_dir/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) $suite main" >"$apt_dir/sources.list"
  cat >"$apt_dir/apt.conf" <<C
APT::Architecture "$arch"; APT::Architectures { "$arch"; }; APT::Install-Recommends "false";
APT::Sandbox::User "root"; APT::Update::Post-Invoke-Success ""; Acquire::Retries "3"; Debug::NoLocking "true";
Dir::State "$apt_dir/state"; Dir::State::status "$apt_dir/status"; Dir::Cache "$apt_dir/cache";
Dir::Etc::sourcelist "$apt_dir/sources.list"; Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "$apt_dir/none"; Dir::Etc::trusted "/dev/null";
C
  export APT_CONFIG=$apt_dir/apt.conf
  apt update
  # shellcheck disable=SC2086  # a list
  list=$(apt-get -s install $packages | awk '/^Inst /{print $2}' | grep -vxE "$unneeded")
  # shellcheck disable=SC2086
  (cd "$dir/packages" && apt download $list)
  unset APT_CONFIG
}

unpack() {
  local file part
  rm -rf "$root"
  mkdir -p "$root"
  for file in "$dir"/packages/*.deb; do dpkg -x "$file" "$root"; done
  for part in lib bin sbin; do # trixie's packages know /usr alone
    if [ ! -e "$root/$part" ] && [ -e "$root/usr/$part" ]; then ln -s "usr/$part" "$root/$part"; fi
  done
  # What update-alternatives would have made.
  ln -sf blas/libblas.so.3 "$root/usr/lib/$triplet/libblas.so.3"
  ln -sf lapack/liblapack.so.3 "$root/usr/lib/$triplet/liblapack.so.3"
}

# Debian's packages do this when they are installed; without it imports cost six times as much. The files are
# the same on every processor, so this computer's Python makes them where its version is the right one.
compile() {
  local python=$1 magic='import importlib.util as u; print(u.MAGIC_NUMBER)' compiler="$1"
  if [ "$("$version" -c "$magic" 2>/dev/null)" = "$($python -c "$magic")" ]; then compiler=$version; fi
  $compiler -m compileall -q -x '/(tests?|idlelib|lib2to3|turtledemo)/' -s "$root" "$root/usr/lib/$version" \
    "$root/usr/lib/python3/dist-packages" >/dev/null 2>&1 || true # some files are for other Pythons
}

# write_command NAME OPTIONS: NAME runs the emulated Python with these options of QEMU
write_command() {
  cat >"$dir/$1" <<C
#!/bin/sh
export PYTHONNOUSERSITE=1 PYTHONHASHSEED="\${PYTHONHASHSEED-0}" OPENBLAS_NUM_THREADS=1
export PYTHONPATH="$here/arm\${PYTHONPATH:+:\$PYTHONPATH}"
exec qemu-arm -cpu $cpu $2 -L "$root" "$root/usr/bin/$version" "\$@"
C
  chmod +x "$dir/$1"
}

install_tools
download
unpack
version=$(cd "$root/usr/bin" && ls -d python3.1[0-9])
compile "qemu-arm -cpu $cpu -L $root $root/usr/bin/$version"
cc -O2 -fPIC -shared -o "$dir/icount.so" "$here/arm/icount.c"
write_command py ""
write_command icount "-plugin \"$dir/icount.so\""
write_command mem "-B 0x100000000000"
"$dir/py" -c 'import platform, numpy, PIL, flask
a = numpy.arange(6, dtype="f4").reshape(2, 3)
assert (a @ a.T).tolist() == [[5, 14], [14, 50]]
print("emulated:", platform.machine(), "Python", platform.python_version(), "NumPy", numpy.__version__)'
rm -rf "$dir/packages" "$dir/apt" "$dir/apt.log"
echo "$finished" >"$dir/finished"
