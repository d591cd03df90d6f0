#!/usr/bin/env bash
# Puts the real programs that tests talk to under artifacts/tools: a Consul agent and dnsmasq.
# Debian or Ubuntu, no root needed. Elsewhere: put `consul` and `dnsmasq` on the PATH.
# Some tests also want `haproxy` and `openssl`, as the distribution has them.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/artifacts/tools
mkdir -p "$tools/bin"

# Unpacks one Debian package of the given suite with an apt configuration of its own,
# so that the machine's package lists and sources stay as they are.
unpack() { # package suite
  local package=$1 suite=$2 private=$tools/apt-$2 mirror
  mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -v snapshot | head -n 1 | tr -d " " || true)
  if [ -z "$mirror" ]; then
    echo "tools.sh: no Debian mirror in the apt sources; install $package by hand and put it on the PATH" >&2
    return 1
  fi
  mkdir -p "$private"/{lists/partial,cache/archives/partial,etc}
  : > "$private/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$private/etc/sources.list"
  local apt=(-o "Dir::Etc::SourceList=$private/etc/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State=$private"
    -o "Dir::State::status=$private/status" -o "Dir::State::lists=$private/lists" -o "Dir::Cache=$private/cache"
    -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root)
  [ -n "$(ls "$private"/lists/*Packages* 2>/dev/null)" ] || apt-get "${apt[@]}" -qq update
  (cd "$private" && rm -f ./"$package"_*.deb && apt-get "${apt[@]}" -qq download "$package" && dpkg -x ./"$package"_*.deb "$private/root")
}

if [ ! -x "$tools/bin/consul" ] && ! command -v consul > /dev/null; then
  unpack consul bullseye
  cp "$tools/apt-bullseye/root/usr/bin/consul" "$tools/bin/consul"
fi
if [ ! -x "$tools/bin/dnsmasq" ] && ! command -v dnsmasq > /dev/null; then
  # dnsmasq-base needs a few shared libraries; the installed package has them where it may be installed.
  if [ "$(id -u)" = 0 ]; then
    (apt-get -qq install -y --no-install-recommends dnsmasq-base || (apt-get -qq update && apt-get -qq install -y --no-install-recommends dnsmasq-base)) > /dev/null
  else
    echo "tools.sh: dnsmasq is not installed (apt-get install dnsmasq-base); the tests against it are skipped" >&2
  fi
fi
for tool in consul dnsmasq haproxy openssl; do
  path=$(PATH="$tools/bin:$PATH:/usr/sbin" command -v $tool || true)
  echo "tools.sh: $tool: ${path:-missing}"
done
