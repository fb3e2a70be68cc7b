#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs PROGRAM with the name of a log in a folder that goes afterwards: run_in_folder.py PROGRAM"""
import pathlib
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    sys.exit(subprocess.run([sys.argv[1], pathlib.Path(folder, "run")], check=False).returncode)
