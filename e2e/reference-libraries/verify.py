"""Says of each line of stdin, {"secret", "headers", "body"}, whether Standard Webhooks' library for Python verifies it: true or false."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def verifies(secret: str, headers: dict, body: str) -> bool:
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


for line in sys.stdin:
    print(json.dumps(verifies(**json.loads(line))))
