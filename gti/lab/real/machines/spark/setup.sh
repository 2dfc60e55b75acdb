install -d -o datalake -g datalake /opt/spark/tmp /opt/spark/work
systemctl start spark-master spark-worker
