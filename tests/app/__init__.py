"""Tests of the room that puts the house together."""
