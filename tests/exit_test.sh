#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exit() while eight threads push: every accepted record is aggregated, nothing hangs or crashes.
# usage: exit_test.sh PROGRAM [ROUNDS]
program=$1
rounds=${2:-20}
i=0
while [ "$i" -lt "$rounds" ]; do
  timeout 20 "$program"
  code=$?
  if [ "$code" -ne 0 ]; then
    echo "round $i: exit code $code (2: accepted is not aggregated, 3: counts differ, 4: a push after the end was taken)"
    exit 1
  fi
  i=$((i + 1))
done
echo "$rounds rounds of exit() while pushing: every accepted record aggregated"
