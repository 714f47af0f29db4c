#!/bin/sh
# Makes network.rpk of packerOut.zip. imx500-package runs on the Raspberry Pi only (sudo apt install imx500-tools).
set -eu
cd "$(dirname "$0")"
if ! command -v imx500-package > /dev/null; then
    echo "package.sh: imx500-package is not installed: sudo apt install imx500-tools (on the Raspberry Pi)" >&2
    exit 3
fi
imx500-package -i ../packerOut.zip -o .
