#!/bin/sh
# The whole way, from a workflow that runs away to the proof that it has ended, against a sandbox on this machine.
# `make journey` runs it; BULKCANCEL is the program, and FOLDER where its files go.
set -eu
bulkcancel=${BULKCANCEL:-bulkcancel}
folder=${FOLDER:-$(mktemp -d)}
workflow=49057bbd-1024-4dc7-b35e-c0455c9695e3
port=${PORT:-8127}

# The sandbox takes any two keys. With these, nothing here can reach your organization.
DD_API_KEY=5a6db0c5a6db0c5a6db0c5a6db0c5a6d # pragma: allowlist secret
DD_APP_KEY=$DD_API_KEY
BULKCANCEL_BASE_URL=http://127.0.0.1:$port
export DD_API_KEY DD_APP_KEY BULKCANCEL_BASE_URL
unset DD_SITE || true

step() { printf '\n# %s\n$ bulkcancel %s\n' "$1" "$2"; }

"$bulkcancel" sandbox --scenario runaway --alive 300 --port "$port" > "$folder/sandbox.log" 2>&1 &
sandbox=$!
trap 'kill $sandbox 2> /dev/null || true' EXIT
tries=0
until grep -q "http://" "$folder/sandbox.log" 2> /dev/null; do
  tries=$((tries + 1))
  test $tries -le 100 || { cat "$folder/sandbox.log"; exit 1; }
  sleep 0.1
done

step "Is everything ready?" "check"
"$bulkcancel" check
step "What runs?" "find $workflow --count"
"$bulkcancel" find "$workflow" --count
step "Write it down" "find $workflow -o incident.csv"
"$bulkcancel" find "$workflow" -o "$folder/incident.csv"
step "A canary: cancel five, and watch them end" "run incident.csv --limit 5 --verify -o report.csv"
"$bulkcancel" run "$folder/incident.csv" --limit 5 --verify --yes -o "$folder/report.csv" || test $? -eq 1
step "The rest" "run incident.csv --resume -o report.csv"
"$bulkcancel" run "$folder/incident.csv" --resume --yes -o "$folder/report.csv" || test $? -eq 1
step "Have they ended?" "status report.csv --wait --timeout 8s -o states.csv"
"$bulkcancel" status "$folder/report.csv" --wait --timeout 8s -o "$folder/states.csv" || test $? -eq 1
step "New ones have started meanwhile. Stop the source, and drain what is left" "drain $workflow --unpublish -o drain.csv"
"$bulkcancel" drain "$workflow" --unpublish --yes --settle 3s -o "$folder/drain.csv" || test $? -eq 1
step "What happened?" "report report.csv drain.csv"
"$bulkcancel" report "$folder/report.csv" "$folder/drain.csv"
printf '\nThe files are in %s\n' "$folder"
