"""The functions that nodes run, one module for each kind; a module imports only its own library."""
