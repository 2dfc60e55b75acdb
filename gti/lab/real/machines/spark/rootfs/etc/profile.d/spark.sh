export SPARK_HOME=/opt/spark
export PATH=$PATH:$SPARK_HOME/bin
