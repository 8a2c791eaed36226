"""Tests of messages and webhooks."""
