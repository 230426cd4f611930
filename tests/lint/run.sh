#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# `make lint` as a test: sources, arrows between folders, stale tables.
exec sh tools/lint.sh quick
