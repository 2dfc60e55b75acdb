"""The metastore: its password, its schema, its locks, its pointers, its driver."""

from __future__ import annotations

from gti.lab.real.faults.fault import Fault, Scene, shell

# The table that the faults of the catalogue hit, as the lab's content makes it.
NAMESPACE, TABLE = "silver", "vendas"

PARAMETERS = f"""
SELECT p.TBL_ID FROM TABLE_PARAMS p JOIN TBLS t USING (TBL_ID) JOIN DBS d USING (DB_ID)
WHERE d.NAME = '{NAMESPACE}' AND t.TBL_NAME = '{TABLE}' AND p.PARAM_KEY = 'metadata_location'
"""

HIVE_SITE = "/opt/apache-hive-3.1.3-bin/conf/hive-site.xml"


def change_password(scene: Scene) -> None:
    """The database's own, so that what the metastore knows is wrong."""
    scene.sh(
        """
        other=$(head -c 18 /dev/urandom | base64)
        mariadb <<SQL
        ALTER USER 'hive'@'localhost' IDENTIFIED BY '$other';
        ALTER USER 'hive'@'127.0.0.1' IDENTIFIED BY '$other';
        SQL
        systemctl restart --no-block hive-metastore
        """
    )


def restore_password(scene: Scene) -> None:
    password = scene.secrets["HIVE_DB_PASSWORD"]
    scene.sh(
        f"""
        mariadb <<SQL
        ALTER USER 'hive'@'localhost' IDENTIFIED BY '{password}';
        ALTER USER 'hive'@'127.0.0.1' IDENTIFIED BY '{password}';
        SQL
        systemctl reset-failed hive-metastore 2>/dev/null || true
        systemctl restart hive-metastore
        """
    )


FAULTS = (
    Fault(
        "metastore-password-wrong",
        "mariadb",
        "MariaDB refuses the metastore's password: the metastore cannot open its database",
        change_password,
        restore_password,
    ),
    Fault(
        "metastore-schema-changed",
        "mariadb",
        "the schema version in the metastore's database is not the one that this Hive needs",
        shell("""mariadb metastore -e "UPDATE VERSION SET SCHEMA_VERSION = '2.3.0'" """),
        shell("""mariadb metastore -e "UPDATE VERSION SET SCHEMA_VERSION = '3.1.0'" """),
    ),
    Fault(
        "metastore-lock-stuck",
        "hive-metastore",
        f"a writer that died holds an exclusive lock on {NAMESPACE}.{TABLE}: commits wait for it",
        shell(
            f"""
            mariadb metastore -e "INSERT IGNORE INTO HIVE_LOCKS (HL_LOCK_EXT_ID, HL_LOCK_INT_ID, HL_TXNID, HL_DB,
              HL_TABLE, HL_LOCK_STATE, HL_LOCK_TYPE, HL_LAST_HEARTBEAT, HL_ACQUIRED_AT, HL_USER, HL_HOST)
              VALUES (990099, 1, 0, '{NAMESPACE}', '{TABLE}', 'a', 'e',
              (UNIX_TIMESTAMP() - 3600) * 1000, (UNIX_TIMESTAMP() - 3600) * 1000, 'datalake', 'spark.gti.local')"
            """
        ),
        shell('mariadb metastore -e "DELETE FROM HIVE_LOCKS WHERE HL_LOCK_EXT_ID = 990099"'),
    ),
    Fault(
        "metadata-pointer-nowhere",
        "hive-metastore",
        f"metadata_location of {NAMESPACE}.{TABLE} names an object that is not there",
        shell(
            f"""
            id=$(mariadb -N metastore -e "{PARAMETERS}")
            where="WHERE TBL_ID = $id AND PARAM_KEY = 'metadata_location'"
            test -s "$KEEP/location" ||
              mariadb -N metastore -e "SELECT PARAM_VALUE FROM TABLE_PARAMS $where" > "$KEEP/location"
            mariadb metastore -e "UPDATE TABLE_PARAMS SET PARAM_VALUE =
              REPLACE(PARAM_VALUE, '/metadata/', '/metadata/99999-gone-') $where"
            """
        ),
        shell(
            f"""
            test ! -s "$KEEP/location" || mariadb metastore -e "UPDATE TABLE_PARAMS SET
              PARAM_VALUE = '$(cat "$KEEP/location")'
              WHERE TBL_ID = ($(echo "{PARAMETERS}" | tr '\\n' ' ')) AND PARAM_KEY = 'metadata_location'"
            """
        ),
    ),
    Fault(
        "metastore-driver-unfit",
        "hive-metastore",
        "the JDBC URL lacks useMysqlMetadata=true: every lock() fails, and with it every Iceberg commit",
        shell(
            f"""
            test -e "$KEEP/hive-site.xml" || cp -p {HIVE_SITE} "$KEEP/hive-site.xml"
            sed -i 's/?useMysqlMetadata=true//' {HIVE_SITE}
            systemctl restart "$UNIT"
            """
        ),
        shell(
            f"""
            test ! -e "$KEEP/hive-site.xml" || cp -p "$KEEP/hive-site.xml" {HIVE_SITE}
            systemctl restart "$UNIT"
            """
        ),
    ),
)
