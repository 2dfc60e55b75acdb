# The bucket, versioned, and the key of Spark, Trino and Hive. mc reads secrets from its environment and from stdin.
mkdir -p /data/minio
systemctl start minio
export MC_HOST_lab=http://datalake:@MINIO_ROOT_PASSWORD@@minio.gti.local:9000 MC_CONFIG_DIR=/root/.mc
for attempt in $(seq 100); do mc ready lab >/dev/null 2>&1 && break; sleep 0.1; done
mc mb --ignore-existing lab/datalake
mc version enable lab/datalake
printf '%s\n%s\n' spark_user '@S3A_SECRET_KEY@' | mc admin user add lab
mc admin policy create lab spark-policy /etc/minio/spark_policy.json
mc admin policy attach lab spark-policy --user spark_user || mc admin policy entities lab --user spark_user
for folder in warehouse checkpoints tmp; do printf '' | mc pipe "lab/datalake/$folder/.keep"; done
rm -rf /root/.mc
