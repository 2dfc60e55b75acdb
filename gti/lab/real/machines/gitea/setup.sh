systemctl start postgresql
cd /
runuser -u postgres -- psql -q <<SQL
CREATE ROLE gitea_user LOGIN PASSWORD '@GITEA_DB_PASSWORD@';
CREATE DATABASE gitea_db OWNER gitea_user;
SQL
install -d -o datalake -g datalake /var/lib/gitea/custom /var/lib/gitea/data /var/lib/gitea/log
as_datalake() { runuser -u datalake -- env GITEA_WORK_DIR=/var/lib/gitea /usr/local/bin/gitea -c /etc/gitea/app.ini "$@"; }
as_datalake migrate
# Its first password is one that Gitea makes up: the one we choose would stand in the list of processes.
made_up=$(as_datalake admin user create --username gti-admin --email admin@gti.local --admin \
  --random-password --must-change-password=false | sed -n "s/^generated random password is '\(.*\)'$/\1/p")
systemctl start gitea
for attempt in $(seq 100); do curl -sf http://localhost:3000/api/healthz >/dev/null && break; sleep 0.1; done
printf 'user = "gti-admin:%s"\n' "$made_up" | curl -sf -K - -X PATCH -H 'Content-Type: application/json' -d @/dev/fd/3 \
  http://localhost:3000/api/v1/admin/users/gti-admin 3<<'BODY' >/dev/null
{"login_name": "gti-admin", "source_id": 0, "password": "@GITEA_PASSWORD@", "must_change_password": false}
BODY
