systemctl start postgresql
cd /
runuser -u postgres -- psql -q <<SQL
CREATE ROLE superset LOGIN PASSWORD '@SUPERSET_DB_PASSWORD@';
CREATE DATABASE superset OWNER superset;
SQL
mkdir -p /opt/superset/logs
export SUPERSET_CONFIG_PATH=/opt/superset/config/superset_config.py SUPERSET_HOME=/opt/superset
export FLASK_APP='superset.app:create_app()' PATH=/opt/superset_venv/bin:$PATH
superset db upgrade
superset init
# The command for this would take the password as an argument, for all to see.
/opt/superset_venv/bin/python - <<PYTHON
from superset.app import create_app

app = create_app()
with app.app_context():
    people = app.appbuilder.sm
    if not people.find_user("admin"):
        admin = people.find_role("Admin")
        people.add_user("admin", "Superset", "Admin", "admin@gti.local", admin, "@SUPERSET_PASSWORD@")
PYTHON
systemctl start superset
