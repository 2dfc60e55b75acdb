GITEA_USER=gti-admin GITEA_PASSWORD='@GITEA_PASSWORD@' /usr/bin/python3 /opt/datalake/content/gitea_repositories.py
