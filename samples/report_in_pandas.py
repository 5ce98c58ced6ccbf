"""A report in pandas: rows of each workflow by their outcome, and the seconds from the first to the last."""

import pandas as pd

rows = pd.read_csv("report.csv", parse_dates=["started_at", "finished_at"])
print(rows.finished_at.max() - rows.started_at.min(), pd.crosstab(rows.workflow_id, rows.outcome), sep="\n")
