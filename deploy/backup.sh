#!/usr/bin/env bash
# Writes a backup of the database into FOLDER and removes those older than DAYS. Old ones stay if the new one fails.
#
#   deploy/backup.sh FOLDER DAYS
set -euo pipefail

folder=${1:?usage: backup.sh FOLDER DAYS}
days=${2:?usage: backup.sh FOLDER DAYS}
antre=$(dirname "$(readlink -f "$0")")/../.venv/bin/antre

file=$folder/antre-$(date -u +%Y%m%dT%H%M%SZ).backup
"$antre" backup "$file"
[ -s "$file" ] || { printf '%s\n' "The backup $file is empty." >&2; exit 1; }
find "$folder" -maxdepth 1 -type f -name 'antre-*.backup' -mtime "+$days" -delete
