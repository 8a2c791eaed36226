"""The voice of the hall: turns a call into the sound of a chime and a sentence in Indonesian, made on this machine."""
