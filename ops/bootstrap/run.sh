#!/bin/sh
# Sets up what is missing, then becomes the task's program. Node has no exec, a shell has: nothing stays in between, so signals and
# the pid are the program's own.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
command -v node >/dev/null || { echo 'meterwright needs Node 18 or later, with npm, on PATH' >&2; exit 1; }
plan=$(node "$here/run.mjs" --plan "$@")
{ read -r runtime; read -r program; read -r folders; read -r drop; } <<END
$plan
END
shift "$drop"
PATH=$folders:$PATH
export PATH
# The engine makes a lot of garbage that dies young: with more room for it far less is copied (docs/benchmarks.md).
exec "$runtime" --disable-warning=ExperimentalWarning --max-semi-space-size=64 "$program" "$@"
