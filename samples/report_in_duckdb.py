"""A report in duckdb: what was not canceled, and why."""

import duckdb

rows = duckdb.sql("FROM 'report.csv' WHERE outcome <> 'canceled'")
print(rows.aggregate("outcome, error_code, count(*) AS rows, any_value(error_detail) AS example"))
