#!/bin/bash
# Gradescope runs this once, when it makes the image: installs the packages, and builds the grader and the lab.
# AUTOGRADER is the folder that Gradescope calls /autograder.
set -euo pipefail
source=${AUTOGRADER:-/autograder}/source
lab=$(cat "$source/lab")
cd "$source/gradus"
apps/labs/lab list
apps/labs/lab prepare "$lab"
