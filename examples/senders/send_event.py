#!/usr/bin/env python3
"""Sends an event to a receiver of type `waybill`, signed as Standard Webhooks. Needs Python 3.9 or later and nothing else.

    WAYBILL_HOOK_URL=https://waybill.example.com/v1/hooks/… WAYBILL_HOOK_SECRET=whsec_… senders/send_event.py event.json [id]

The id is the same for the same event: sent again with it, the event counts once.
"""

import base64
import hashlib
import hmac
import os
import sys
import time
import urllib.request
import uuid

with open(sys.argv[1], "rb") as file:
    body = file.read()
event_id = sys.argv[2] if len(sys.argv) > 2 else str(uuid.uuid4())
timestamp = str(int(time.time()))
key = base64.b64decode(os.environ["WAYBILL_HOOK_SECRET"].removeprefix("whsec_"))
signed = f"{event_id}.{timestamp}.".encode() + body
signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
request = urllib.request.Request(
    os.environ["WAYBILL_HOOK_URL"],
    data=body,
    headers={
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    },
)
with urllib.request.urlopen(request, timeout=30) as answer:
    print(answer.read().decode())
