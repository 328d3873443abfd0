#!/bin/bash
# Installs ONNX Runtime for node, which these tests alone need, into a folder: without the scripts of the package, as
# it has its library with it. Ends with 77 if that cannot be done, such as with no network.
set -euo pipefail
folder=$1
version=1.30.0

[[ -d $folder/node_modules/onnxruntime-node ]] && exit 0
command -v npm >/dev/null && command -v node >/dev/null || { echo "skipped: no node and npm" && exit 77; }
mkdir -p "$folder"
timeout 300 npm install --prefix "$folder" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error \
  --fetch-retries=0 "onnxruntime-node@$version" || { echo "skipped: npm could not install onnxruntime-node" && exit 77; }
