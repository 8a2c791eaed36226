"""How attendance comes in: machines that push, machines that are asked, lists in files, programs that sign."""
