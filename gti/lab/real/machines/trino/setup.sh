systemctl start trino
