cd /opt/datalake
runuser -u datalake -- /opt/spark/bin/spark-submit --master 'local[2]' /opt/datalake/content/iceberg_tables.py
