"""MinIO: keys, the bucket, and objects that a table needs."""

from __future__ import annotations

from gti.lab.real.faults.fault import Deed, Fault, Scene
from gti.lab.real.faults.metastore import NAMESPACE, TABLE
from gti.lab.real.hosts import host_called

# mc takes the root key from its environment, which no list of processes shows.
WITH_MC = """
export MC_HOST_lab='http://datalake:{password}@minio.gti.local:9000' MC_CONFIG_DIR=/run/gti-fault-mc
metadata=lab/datalake/warehouse/{namespace}/{table}/metadata
newest() {{ mc ls "$metadata/" | awk '{{print $NF}}' | grep "$1" | sort | tail -1; }}
"""


def with_mc(script: str) -> Deed:
    """On MinIO's host, whichever service the fault is told of."""

    def do(scene: Scene) -> None:
        begin = WITH_MC.format(password=scene.secrets["MINIO_ROOT_PASSWORD"], namespace=NAMESPACE, table=TABLE)
        scene.sh(begin + script + "\nrm -rf /run/gti-fault-mc\n", on="minio")

    return do


KEY = "spark_user"


def let_key_expire(scene: Scene) -> None:
    """Users of MinIO do not expire, service accounts do: one takes the user's place, for as short a time as MinIO allows."""
    import time
    from datetime import UTC, datetime, timedelta

    from minio import MinioAdmin
    from minio.credentials.providers import StaticProvider

    with_mc(f"mc admin user rm lab {KEY} || true; mc admin user svcacct rm lab {KEY} || true")(scene)
    root = StaticProvider("datalake", scene.secrets["MINIO_ROOT_PASSWORD"])
    ends = datetime.now(UTC) + timedelta(seconds=4)
    MinioAdmin(
        endpoint=f"{host_called('minio').address}:9000", credentials=root, secure=False
    ).add_service_account(
        access_key=KEY, secret_key=scene.secrets["S3A_SECRET_KEY"], expiration=f"{ends:%Y-%m-%dT%H:%M:%SZ}"
    )
    time.sleep(5)


def renew_key(scene: Scene) -> None:
    password = scene.secrets["S3A_SECRET_KEY"]
    with_mc(
        f"""
        mc admin user svcacct rm lab {KEY} || true
        printf '%s\\n%s\\n' {KEY} '{password}' | mc admin user add lab
        mc admin policy attach lab spark-policy --user {KEY}
        """
    )(scene)


FAULTS = (
    Fault(
        "minio-key-expired",
        "minio",
        "the key of Spark, Trino and Hive has expired: MinIO does not know it any more",
        let_key_expire,
        renew_key,
    ),
    Fault(
        "minio-key-revoked",
        "minio",
        "the key of Spark, Trino and Hive is disabled: MinIO refuses it",
        with_mc("mc admin user disable lab spark_user"),
        with_mc("mc admin user enable lab spark_user"),
    ),
    Fault(
        "bucket-missing",
        "minio",
        "the bucket of the lakehouse is not there",
        with_mc(
            """
            systemctl stop minio
            test ! -e /data/minio/datalake || mv /data/minio/datalake "$KEEP/datalake"
            systemctl start minio
            """
        ),
        with_mc(
            """
            systemctl stop minio
            if [ -e "$KEEP/datalake" ]; then
                rm -rf /data/minio/datalake
                mv "$KEEP/datalake" /data/minio/datalake
            fi
            systemctl start minio
            """
        ),
    ),
    Fault(
        "manifest-missing",
        "minio",
        f"a manifest of {NAMESPACE}.{TABLE} was deleted from the bucket: the table cannot be read",
        with_mc(
            """
            test -s "$KEEP/manifest" || newest 'm[0-9]*[.]avro$' > "$KEEP/manifest"
            mc rm "$metadata/$(cat "$KEEP/manifest")"
            """
        ),
        with_mc('test ! -s "$KEEP/manifest" || mc undo --force "$metadata/$(cat "$KEEP/manifest")"'),
    ),
    Fault(
        "commit-left-half",
        "hive-metastore",
        f"a writer of {NAMESPACE}.{TABLE} died between writing new metadata and committing it",
        with_mc(
            """
            last=$(newest '[.]metadata[.]json$')
            next=$(printf '%05d' "$(expr "${last%%-*}" + 1)")-$(cat /proc/sys/kernel/random/uuid).metadata.json
            test -s "$KEEP/half" || echo "$next" > "$KEEP/half"
            mc cp "$metadata/$last" "$metadata/$(cat "$KEEP/half")"
            """
        ),
        with_mc('test ! -s "$KEEP/half" || mc rm --versions --force "$metadata/$(cat "$KEEP/half")"'),
    ),
)
