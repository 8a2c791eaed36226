"""The citizen's face: the touchscreen that gives numbers, the slip, and the phone page that follows a ticket."""
