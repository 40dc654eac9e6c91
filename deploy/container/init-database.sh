#!/usr/bin/env bash
# What PostgreSQL's image runs once, when it has made an empty cluster: roles, their passwords, the database.
set -euo pipefail

psql=(psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres)

"${psql[@]}" --file /workouts/roles.sql
for role in app migrator dba; do
  "${psql[@]}" --set "role=workouts_$role" --set "password=$(cat "/run/secrets/${role}_password")" <<'SQL'
alter role :"role" password :'password';
SQL
done
"${psql[@]}" --command "create database workouts owner workouts_owner template template0 encoding 'UTF8' locale 'C.UTF-8'"
"${psql[@]}" --dbname workouts --file /workouts/roles.sql
