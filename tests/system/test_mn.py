# SPDX-License-Identifier: MIT OR Apache-2.0
def test_nothing():
    pass
