#!/bin/bash
# Gradescope runs this once, when it makes the image: installs the packages and builds the grader and all labs.
set -euo pipefail
cd /autograder/source/gradus
apps/labs/lab list
apps/labs/lab prepare "$(cat /autograder/source/lab)"
