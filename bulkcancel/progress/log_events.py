"""What a line of the log is about: a closed set of names, described in `schemas/log.v1.json`."""

from enum import StrEnum


class LogEvent(StrEnum):
    """The `event` of a line with `--log-format json`. Those that an operation tells have its event's name."""

    # What an operation tells.
    STARTED = "started"
    ROW = "row"
    PAGE_READ = "page_read"
    LISTED = "listed"
    STATE_SEEN = "state_seen"
    PASS_ENDED = "pass_ended"  # noqa: S105 - no password
    PAUSED = "paused"
    RESUMED = "resumed"
    OUTAGE_BEGAN = "outage_began"
    OUTAGE_ENDED = "outage_ended"
    QUOTA_SEEN = "quota_seen"
    STOPPING = "stopping"
    # What a person should know at once; of each, the concern's own name.
    BROKEN_HEADER = "broken_header"
    RATE_LIMIT_503 = "rate_limit_503"
    FEW_FILES = "few_files"
    MAY_NOT_READ = "may_not_read"
    NOT_COMPACTED = "not_compacted"
    KEEPS_STARTING = "keeps_starting"
    SLOW_DISK = "slow_disk"
    # Before anything is sent.
    SITE_DOUBTFUL = "site_doubtful"
    TARGET_UNKNOWN = "target_unknown"
    KEYS_MISSING = "keys_missing"
    PLAN = "plan"
    PLAN_GAP = "plan_gap"
    ROW_UNUSABLE = "row_unusable"
    COLUMNS_SWAPPED = "columns_swapped"
    QUESTION_SKIPPED = "question_skipped"
    GIVEN_TWICE = "given_twice"
    READING = "reading"
    # Meanwhile.
    PROGRESS = "progress"
    SIGNALED = "signaled"
    PROGRESS_LOST = "progress_lost"
    MESSAGES_LOST = "messages_lost"
    METRICS_LOST = "metrics_lost"
    EVENT_LOST = "event_lost"
    # At the end.
    NOT_LISTED = "not_listed"
    LEFT_OUT = "left_out"
    KEYS_REFUSED = "keys_refused"
    NOTE = "note"
    TRACE = "trace"
    RESULT = "result"
    SUMMARY_NOT_WRITTEN = "summary_not_written"
    NOTIFY_OUTPUT = "notify_output"
    NOTIFY_FAILED = "notify_failed"
    FAILED = "failed"
    ENDED = "ended"
