# Receives the events of a Hookbell webhook. Python 3.8 or newer, no packages:
#   HOOKBELL_SECRET=… HOOKBELL_SIGNING_SECRET=whsec_… python3 receiver.py
import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

secret = os.environ["HOOKBELL_SECRET"]
key = base64.b64decode(os.environ["HOOKBELL_SIGNING_SECRET"].replace("whsec_", "", 1))
address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000")))
tolerance = 5 * 60  # seconds between their clock and ours
largest = 1024 * 1024  # bytes


# webhook-id is the idempotency key: an event may come twice, with the same id. Store it here under its id (a row
# with a unique id, a queue), skip it if it is there already, and do the work later: the answer must come fast.
def store(id, type, event):
    print(id, type, json.dumps(event), flush=True)


# Takes the body as the bytes that came: JSON that was parsed and written again would not match its signature.
def refusal(headers, body):
    if not is_same(headers.get("X-Secret-Key", ""), secret):
        return "wrong X-Secret-Key"
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > tolerance:
        return "webhook-timestamp is not of now"
    signed = f"{id}.{timestamp}.".encode() + body
    right = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # While a signing secret is being rotated there are two signatures, with a space between.
    if not any([is_same(one, right) for one in headers.get("webhook-signature", "").split(" ")]):
        return "wrong webhook-signature"
    return None


# In constant time.
def is_same(given, right):
    return hmac.compare_digest(given.encode(), right.encode())


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        length = int(self.headers.get("Content-Length", -1))
        if not 0 <= length <= largest:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(length)
        reason = refusal(self.headers, body)
        if reason:
            print(f"refused: {reason}", file=sys.stderr, flush=True)
            return self.answer(401)
        store(self.headers["webhook-id"], self.headers["X-Hookbell-Event"], json.loads(body))
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(address, Receiver)
print(f"listening on http://{address[0]}:{server.server_port}", flush=True)
server.serve_forever()
