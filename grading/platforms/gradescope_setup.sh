#!/usr/bin/env bash
# Runs once, when the container is built.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
cd /autograder/source
apt-get update -qq
install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
install bubblewrap
# By its version: "python3" of Ubuntu 22.04, Gradescope's default, is 3.10.
versions="3.13 3.12 3.11"
for version in $versions; do
  if install "python$version" "python$version-venv" 2>/dev/null; then break; fi
  version=
done
if [ -z "$version" ]; then
  echo "This image has none of Python $versions: choose Ubuntu 22.04 or a newer one" \
    "as base image, variant Base, and build the autograder again." >&2
  exit 1
fi
"python$version" -m venv /autograder/python
/autograder/python/bin/pip install --quiet --require-hashes -r requirements.txt
/autograder/python/bin/pip install --quiet --no-deps --no-build-isolation ./project
chmod -R go-rwx /autograder/source
