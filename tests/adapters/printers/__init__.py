"""Tests of the paper: slips, layout, printers and their faults, the printer agent."""
