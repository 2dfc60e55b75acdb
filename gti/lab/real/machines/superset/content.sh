SUPERSET_PASSWORD='@SUPERSET_PASSWORD@' /opt/superset_venv/bin/python /opt/datalake/content/superset_content.py
