systemctl start postgresql
cd /
runuser -u postgres -- psql -q <<SQL
CREATE ROLE airflow_user LOGIN PASSWORD '@AIRFLOW_DB_PASSWORD@';
CREATE DATABASE airflow_db OWNER airflow_user;
SQL
mkdir -p /opt/airflow/dags /opt/airflow/logs /opt/airflow/plugins
export AIRFLOW_HOME=/opt/airflow PATH=/opt/airflow_venv/bin:$PATH
airflow db migrate
# The command for this would take the password as an argument, for all to see.
/opt/airflow_venv/bin/python - <<PYTHON
from airflow.www.app import cached_app

with cached_app().app_context() as _:
    people = cached_app().appbuilder.sm
    if not people.find_user("admin"):
        admin = people.find_role("Admin")
        people.add_user("admin", "Airflow", "Admin", "admin@gti.local", admin, "@AIRFLOW_PASSWORD@")
PYTHON
systemctl start airflow-webserver airflow-scheduler
