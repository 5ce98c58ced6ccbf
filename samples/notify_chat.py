"""Tell a chat what a run came to: `bulkcancel run … --notify-command "python3 notify_chat.py"`.

It reads the summary from standard input, and posts one line to the webhook in CHAT_WEBHOOK. Without that it
prints the line. With CHAT_ONLY_FAILURES=1 it says nothing where all went well.
"""

import json
import os
import sys
import urllib.request
from typing import Any

SIGNS = {0: "✅", 1: "⚠️", 130: "⚠️", 143: "⚠️"}


def line_of(summary: dict[str, Any]) -> str:
    """What to say."""
    counts = [f"{count:,} {outcome}" for outcome, count in summary["outcomes"].items() if count]
    code = summary["exit_code"]
    why = f" ({summary['stopped']})" if summary["stopped"] else ""
    reason = f" · {summary['reason']}" if summary["reason"] else ""
    return (
        f"{SIGNS.get(code, '🔴')} bulkcancel at {summary['target']}: exit code {code}{why}, "
        f"{', '.join(counts) or 'no rows'}{reason} · report {summary['report']}"
    )


def main() -> int:
    """Post it; the exit status is 1 where the chat does not take it."""
    summary = json.load(sys.stdin)
    if summary["exit_code"] == 0 and os.environ.get("CHAT_ONLY_FAILURES") == "1":
        return 0
    line, webhook = line_of(summary), os.environ.get("CHAT_WEBHOOK")
    if not webhook:
        print(line)
        return 0
    request = urllib.request.Request(
        webhook, json.dumps({"text": line}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20):
            return 0
    except OSError as error:
        print(f"the chat did not take it: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
