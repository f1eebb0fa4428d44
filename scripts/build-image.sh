#!/usr/bin/env bash
# Builds deploy/docker/Dockerfile without a container engine and without a registry of images, and lays the image's
# root and configuration into .cache/image. Where the Dockerfile starts from an image of Node, it gets one with the same
# parts: Debian's packages, Node and npm of the npm registry. Needs root, Debian's packages and npm; installs buildah,
# crun and mmdebstrap where they are missing. Words are handed on to `buildah build`.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/.cache/image
node_version=24
npm_version=11
mkdir -p "$work"

packages=()
for tool in buildah crun mmdebstrap; do
  command -v "$tool" > /dev/null || packages+=("$tool")
done
if [ "${#packages[@]}" -gt 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" > /dev/null
fi

driver=vfs
if grep -qw overlay /proc/filesystems; then driver=overlay; fi
builder() {
  buildah --root "$work/storage" --runroot "$work/run" --storage-driver "$driver" "$@"
}

# The settings of npm on this machine, and the authorities that it trusts, for the builds alone.
settings=$(mktemp -d)
trap 'rm -rf "$settings"' EXIT
cat /etc/npmrc ~/.npmrc > "$settings/npmrc" 2> /dev/null || true
authorities=${NODE_EXTRA_CA_CERTS:-/dev/null}
echo "cafile=/etc/npm-authorities.pem" >> "$settings/npmrc"
[ -s "$authorities" ] || sed -i '/^cafile=/d' "$settings/npmrc"

# Prints the folder of a package of the npm registry, unpacked.
unpack() {
  local name=${1%@*}
  (cd "$settings" && npm pack --silent "$1" > /dev/null && mkdir -p "$name" && tar -xzf "$name"-*.tgz -C "$name")
  echo "$settings/$name/package"
}

base=localhost/rerankd-node:$node_version
if ! builder image inspect "$base" > /dev/null 2>&1 && ! builder inspect --type image "$base" > /dev/null 2>&1; then
  echo "laying an image of Debian, Node $node_version and npm $npm_version"
  sources=()
  if [ -f /etc/apt/sources.list.d/debian.sources ]; then sources=(/etc/apt/sources.list.d/debian.sources); fi
  mmdebstrap --quiet --variant=minbase bookworm "$work/debian.tar" "${sources[@]}"
  node=$(unpack "node-linux-$(node -p process.arch)@$node_version")
  npm=$(unpack "npm@$npm_version")
  container=$(builder from scratch)
  builder add --quiet "$container" "$work/debian.tar" / > /dev/null
  builder copy --quiet "$container" "$node/bin/node" /usr/local/bin/node > /dev/null
  builder copy --quiet "$container" "$npm" /usr/local/lib/node_modules/npm > /dev/null
  builder run --isolation chroot "$container" -- ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  builder run --isolation chroot "$container" -- chmod 755 /usr/local/bin/node /usr/local/lib/node_modules/npm/bin/npm-cli.js
  builder config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  builder commit --quiet "$container" "$base" > /dev/null
  builder rm "$container" > /dev/null
  rm "$work/debian.tar"
fi

# The format of Docker, because that of OCI has no health check.
builder build --isolation chroot --format docker --pull-never --layers --build-arg NODE_IMAGE="$base" \
  --build-arg TARGETARCH="$(dpkg --print-architecture)" \
  --volume "$settings/npmrc:/root/.npmrc:ro" --volume "$authorities:/etc/npm-authorities.pem:ro" \
  --file deploy/docker/Dockerfile --tag localhost/rerankd "$@" .

rm -rf "$work/rootfs"
container=$(builder from --pull-never localhost/rerankd)
cp -a "$(builder mount "$container")" "$work/rootfs"
builder rm "$container" > /dev/null
builder inspect --type image localhost/rerankd > "$work/image.json"
