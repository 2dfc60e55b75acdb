"""The eight hosts of the lab: where they are, and what each is made of."""

from __future__ import annotations

from dataclasses import dataclass

NETWORK = "198.18.0"  # reserved for tests of network gear, routed nowhere: it cannot be a real network's
BRIDGE = "gti-lab"
DOMAIN = "gti.local"


@dataclass(frozen=True)
class LabHost:
    """`layers` lie on one another from the bottom up; what is under `datalake` belongs to that user."""

    alias: str
    number: int
    layers: tuple[str, ...]
    units: tuple[str, ...]
    datalake: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.alias}.{DOMAIN}"

    @property
    def address(self) -> str:
        return f"{NETWORK}.{self.number}"

    @property
    def container(self) -> str:
        return f"gti-{self.alias}"


# In the order in which the platform starts. The last number of each address is that of the platform's own.
HOSTS = (
    LabHost("db-hive", 32, ("debian", "openjdk", "mariadb", "hive"), ("mariadb", "hive-metastore")),
    LabHost("minio", 31, ("debian", "minio"), ("minio",), ("data/minio",)),
    LabHost(
        "kafka",
        34,
        ("debian", "openjdk", "kafka-python", "kafka"),
        ("kafka",),
        ("opt/kafka", "opt/datalake"),
    ),
    LabHost(
        "spark",
        33,
        ("debian", "openjdk", "kafka-python", "spark"),
        ("spark-master", "spark-worker"),
        ("opt/spark", "opt/datalake"),
    ),
    LabHost("trino", 35, ("debian", "jdk", "trino"), ("trino",), ("opt/trino",)),
    LabHost(
        "airflow",
        36,
        ("debian", "postgresql", "airflow"),
        ("postgresql", "airflow-webserver", "airflow-scheduler"),
        ("opt/airflow", "opt/datalake"),
    ),
    LabHost("superset", 37, ("debian", "postgresql", "superset"), ("postgresql", "superset")),
    LabHost(
        "gitea",
        26,
        ("debian", "postgresql", "gitea"),
        ("postgresql", "gitea"),
        ("var/lib/gitea", "etc/gitea"),
    ),
)


def host_called(alias: str) -> LabHost:
    return next(host for host in HOSTS if host.alias == alias)
