"""Tests of what can be unplugged."""
