#!/bin/sh
# Packs a folder as an OCI image of one layer and pushes it, as docker and skopeo do. Needs tar, openssl, curl.
#
#   push-folder.sh FOLDER HOST/REPOSITORY:TAG
set -eu
folder=${1:?the folder}
target=${2:?where to, as host/repository:tag}
host=${target%%/*}
path=${target#*/}
registry=http://$host/v2/${path%:*}
tag=${path##*:}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

digest() { openssl dgst -sha256 -r "$1" | sed 's/^/sha256:/; s/ .*//'; }
describe() { printf '{"mediaType":"%s","digest":"%s","size":%d}' "$2" "$(digest "$1")" "$(wc -c < "$1")"; }

# The registry says where to put a blob; the digest goes with it. https://github.com/opencontainers/distribution-spec
push_blob() {
  place=$(curl -sSf -X POST -D - -o "$work/answer" "$registry/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: *//p')
  case $place in /*) place=http://$host$place ;; esac
  case $place in *\?*) place="$place&" ;; *) place="$place?" ;; esac
  curl -sSf -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$1" "${place}digest=$(digest "$1")"
}

# COPYFILE_DISABLE: no second file beside each one on macOS.
COPYFILE_DISABLE=1 tar -cf "$work/layer" -C "$folder" .
printf '{"os":"linux","architecture":"amd64","config":{},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
  "$(digest "$work/layer")" > "$work/config"
printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' application/vnd.oci.image.manifest.v1+json \
  "$(describe "$work/config" application/vnd.oci.image.config.v1+json)" \
  "$(describe "$work/layer" application/vnd.oci.image.layer.v1.tar)" > "$work/manifest"
push_blob "$work/layer"
push_blob "$work/config"
curl -sSf -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary "@$work/manifest" \
  "$registry/manifests/$tag"
echo "$target is $(digest "$work/manifest")"
