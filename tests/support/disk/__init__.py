"""A disk whose system calls fail, or whose power is lost; see `faulty_disk.c`."""
