#!/usr/bin/env bash
# Runs for each submission.
set -euo pipefail
cd /
exec /autograder/python/bin/python -P -m grading.platforms.gradescope /autograder
