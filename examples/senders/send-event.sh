#!/usr/bin/env bash
# Sends an event to a receiver of type `waybill`, signed as Standard Webhooks. Needs bash, curl, openssl.
#
#   WAYBILL_HOOK_URL=https://waybill.example.com/v1/hooks/… WAYBILL_HOOK_SECRET=whsec_… senders/send-event.sh event.json [id]
#
# The id is the same for the same event: sent again with it, the event counts once.
set -euo pipefail
file=${1:?the file with the event}
id=${2:-$(openssl rand -hex 16)}
timestamp=$(date +%s)
# Bytes in the secret may be anything, hence the detour over hex.
key=$(printf '%s' "${WAYBILL_HOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
signature=$({ printf '%s.%s.' "$id" "$timestamp"; cat "$file"; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
# The headers come over standard input: what stands in the arguments, everybody on the machine can read.
curl -sS --fail-with-body --retry 5 --max-time 30 -H @- --data-binary "@$file" "$WAYBILL_HOOK_URL" <<HEADERS
Content-Type: application/json
webhook-id: $id
webhook-timestamp: $timestamp
webhook-signature: v1,$signature
HEADERS
echo
