#!/bin/sh
# Copies the files of installed Debian packages to an empty folder, as the root of an image that has no
# others: without documentation and without the tables of old character sets. What scanners read of
# the packages is copied too.
# Usage: copy-packages.sh ROOT PACKAGE…
set -eu

root=$1
shift
if [ "$#" -eq 0 ]; then
  echo "error: at least one package must be named" >&2
  exit 2
fi

# As Debian has merged them: packages have files below both names.
mkdir -p "$root/usr" "$root/var/lib/dpkg/info"
for folder in bin sbin lib lib64; do
  mkdir -p "$root/usr/$folder"
  ln -s "usr/$folder" "$root/$folder"
done
for folder in dev proc sys run root etc; do mkdir -p "$root/$folder"; done
chmod 700 "$root/root"
install -d -m 1777 "$root/tmp" "$root/var/tmp"

for package in "$@"; do
  dpkg-query --listfiles "$package" |
    grep -v -E '^/usr/share/(doc|man|info|locale|lintian|bug)/|/gconv/' |
    while read -r path; do
      if [ -L "$path" ] || [ -f "$path" ]; then
        # A link that a merged folder stands for is there already.
        [ -e "$root$path" ] || (cd / && cp -a --parents ".$path" "$root")
      fi
    done
  dpkg-query --status "$package" >> "$root/var/lib/dpkg/status"
  echo >> "$root/var/lib/dpkg/status"
  # Licences.
  copyright=/usr/share/doc/$package/copyright
  if [ -f "$copyright" ]; then (cd / && cp -a --parents ".$copyright" "$root"); fi
done

for file in passwd group nsswitch.conf; do
  if [ -f "/etc/$file" ]; then cp -a "/etc/$file" "$root/etc/"; fi
done
