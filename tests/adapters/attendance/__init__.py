"""Tests of how attendance comes in."""
