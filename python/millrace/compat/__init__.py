# SPDX-License-Identifier: Apache-2.0
"""Classes of other tools with millrace inside: the same names, arguments and numbers."""
