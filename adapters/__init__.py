"""What can be unplugged: printers, voice, attendance machines, messages."""
