"""The management's face: the floor, counter by counter."""
