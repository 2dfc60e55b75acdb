# The metastore's database, its user, and Hive's schema.
systemctl start mariadb
mariadb <<SQL
CREATE DATABASE IF NOT EXISTS metastore;
CREATE USER IF NOT EXISTS 'hive'@'localhost' IDENTIFIED BY '@HIVE_DB_PASSWORD@';
GRANT ALL PRIVILEGES ON metastore.* TO 'hive'@'localhost';
CREATE USER IF NOT EXISTS 'hive'@'127.0.0.1' IDENTIFIED BY '@HIVE_DB_PASSWORD@';
GRANT ALL PRIVILEGES ON metastore.* TO 'hive'@'127.0.0.1';
SQL
cd /opt/apache-hive-3.1.3-bin/scripts/metastore/upgrade/mysql
test -n "$(mariadb -N -e "SHOW TABLES LIKE 'VERSION'" metastore)" || mariadb metastore < hive-schema-3.1.0.mysql.sql
systemctl start hive-metastore
