S3A_SECRET_KEY='@S3A_SECRET_KEY@' sh /opt/datalake/content/airflow_setup.sh
