# Sourced: debian_mirror prints the Debian mirror that this computer's own apt uses.
# shellcheck shell=bash

debian_mirror() {
  {
    grep -hoP '^URIs:\s*\K\S+' /etc/apt/sources.list.d/*.sources || true
    grep -hoP '^deb\s+(\[.*?\]\s+)?\K\S+' /etc/apt/sources.list /etc/apt/sources.list.d/*.list || true
  } 2>/dev/null | grep -m 1 -E '/debian/?$' || { echo "no Debian mirror in apt's sources" >&2 && return 1; }
}
