"""MinIO: keys, the bucket, and objects that a table needs."""

from __future__ import annotations

from gti.lab.real.faults.fault import Deed, Fault, Scene
from gti.lab.real.faults.metastore import NAMESPACE, TABLE

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


def take_key_away(scene: Scene) -> None:
    """As MinIO itself does when a key's time is over. It lets nobody make one that ends before 15 minutes."""
    with_mc(f"mc admin user rm lab {KEY} || true")(scene)


def give_key_back(scene: Scene) -> None:
    secret = scene.secrets["S3A_SECRET_KEY"]
    with_mc(
        f"""
        printf '%s\\n%s\\n' {KEY} '{secret}' | mc admin user add lab
        mc admin policy attach lab spark-policy --user {KEY} || true
        """
    )(scene)


FAULTS = (
    Fault(
        "minio-key-expired",
        "minio",
        "the key of Spark, Trino and Hive has expired and was taken away: MinIO does not know it any more",
        take_key_away,
        give_key_back,
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
