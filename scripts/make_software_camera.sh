#!/usr/bin/env bash
# scripts/make_software_camera.sh DIR: a Pi's camera software on a desk without a Pi.
#
# Unpacks libcamera 0.7 (its "virtual" camera, from Debian trixie-backports), Python 3.13 and the real
# picamera2 into DIR: about 70 MB to download, 250 MB on disk, half a minute. Then:
#
#   PYTHONPATH_EXTRA=$PWD:$PWD/tests/cameras DIR/pycam -m pytest -m softcam tests/cameras
#
# Camera 0 shows the JPEG files DIR/frames/0.jpg, 1.jpg ... (read when it is opened), camera 1 colour bars.
# Needs Debian (or MIRROR=URL KEYRING=FILE elsewhere), root, apt-get, dpkg-deb, and python3 with pip; no
# compiler, no kernel module. Writes one file outside of DIR, where libcamera looks for it:
# /usr/share/libcamera/pipeline/virtual/virtual.yaml. A finished DIR is left alone.
set -euo pipefail

root=$(realpath -m "${1:?usage: $0 DIR}")
work=$root.work
keyring=${KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
python=${PYTHON:-python3}
yaml=/usr/share/libcamera/pipeline/virtual/virtual.yaml
# picamera2 without its own dependencies (Qt, OpenCV, video encoders), and what pi_nn and its tests import
wheels=(
    numpy pillow "picamera2==${PICAMERA2:-0.3.38}" piexif simplejpeg videodev2
    flask werkzeug jinja2 markupsafe itsdangerous blinker click waitress prometheus-client
    pytest pytest-timeout pluggy iniconfig packaging pygments hypothesis sortedcontainers
)

mirror() {
    local uri=${MIRROR:-}
    [ -n "$uri" ] || uri=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1) || true
    [ -n "$uri" ] || uri=$(grep -hoP '^deb\s+(\[.*?\]\s+)?\K\S+' /etc/apt/sources.list \
        /etc/apt/sources.list.d/*.list 2>/dev/null | grep -E '/debian/?$' | head -1) || true
    [ -n "$uri" ] || { echo "error: no Debian mirror in apt's sources; name one with MIRROR=URL" >&2; exit 1; }
    echo "$uri"
}

configure_apt() {  # an apt of its own, that thinks it starts from nothing
    local uri suite package
    uri=$(mirror)
    mkdir -p "$work"/{lists/partial,cache/archives/partial}
    for suite in trixie trixie-backports; do
        echo "deb [signed-by=$keyring] $uri $suite main"
    done > "$work/sources.list"
    # apt is told that these are there: nothing here loads them (mesa alone would pull 45 MB of LLVM)
    for package in libegl-mesa0 libx11-6 libxcb1 dpkg tar debconf tzdata media-types netbase openssl-provider-legacy
    do
        printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\n' "$package"
        printf 'Version: 9:9\nMaintainer: x\nDescription: x\n\n'
    done > "$work/status"
    printf 'Package: python3-libcamera libcamera*\nPin: release n=trixie-backports\nPin-Priority: 990\n' \
        > "$work/preferences"
    cat > "$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "$work/preferences";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
APT::Architecture "amd64";
Acquire::Languages "none";
CONF
}

unpack_debian() {
    local deb
    export APT_CONFIG=$work/apt.conf
    apt-get -qq update
    apt-get -y -qq --no-install-recommends --download-only install base-files python3-prctl python3-libcamera > /dev/null
    unset APT_CONFIG
    dpkg-deb -x "$work"/cache/archives/base-files_*.deb "$root"  # first: it makes /lib -> usr/lib
    for deb in "$work"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$root"; done
}

unpack_python_packages() {
    "$python" -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps \
        --target "$root/opt/site" --python-version 3.13 --implementation cp --abi cp313 --abi abi3 --abi none \
        --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 --only-binary=:all: "${wheels[@]}"
    # a source package, of which only the .py files are used
    "$python" -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps \
        --target "$root/opt/site" PiDNG
}

write_pycam() {
    cat > "$root/pycam" <<PYCAM
#!/bin/sh
# Python 3.13 with libcamera and picamera2, on this machine's own files (no chroot)
export PYCAM=$root/pycam SOFTCAM_FRAMES=$root/frames PYTHONDONTWRITEBYTECODE=1
export PYTHONHOME=$root/usr PYTHONPATH=$root/opt/site:$root/usr/lib/python3/dist-packages:\$PYTHONPATH_EXTRA
exec $root/lib64/ld-linux-x86-64.so.2 --library-path $root/usr/lib/x86_64-linux-gnu $root/usr/bin/python3.13 "\$@"
PYCAM
    chmod +x "$root/pycam"
}

write_cameras() {
    mkdir -p "$root/frames" "$(dirname "$yaml")"
    "$root/pycam" -c "from PIL import Image; Image.new('RGB', (640, 480), 'white').save('$root/frames/0.jpg')"
    cat > "$yaml" <<YAML
%YAML 1.1
---
"scene":
  supported_formats:
  - {width: 640, height: 480, frame_rates: [1, 30]}
  - {width: 320, height: 240, frame_rates: [1, 30]}
  frames: {path: "$root/frames/"}
  location: "CameraLocationBack"
  model: "softcam"
"bars":
  supported_formats:
  - {width: 640, height: 480, frame_rates: [1, 30]}
  - {width: 320, height: 240, frame_rates: [1, 30]}
  test_pattern: "bars"
  location: "CameraLocationFront"
  model: "softcam"
YAML
}

if [ -e "$root/.finished" ]; then
    write_cameras
    echo "$root is finished; its cameras are set up again"
    exit 0
fi
rm -rf "$root" "$work"
mkdir -p "$root"
trap 'rm -rf "$work"' EXIT
configure_apt
unpack_debian
unpack_python_packages
write_pycam
write_cameras
touch "$root/.finished"
echo "$root/pycam is ready"
