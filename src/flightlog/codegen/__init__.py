"""
Generates workflows from a manifest: readable Python code that records its executions.

    from flightlog.codegen import generate, load_manifest, write_files

    generated = generate(load_manifest("project"))
    write_files(generated.files, "workflows")
"""

from flightlog.extras import require_extra

with require_extra("codegen"):
    from flightlog.codegen.files import Written, write_files
    from flightlog.codegen.loading import (
        decode_manifest,
        load_manifest,
        manifest_from,
        manifest_path,
    )
    from flightlog.codegen.manifest_model import Manifest
    from flightlog.codegen.project import Generated, generate, module_files

__all__ = [
    "Generated",
    "Manifest",
    "Written",
    "decode_manifest",
    "generate",
    "load_manifest",
    "manifest_from",
    "manifest_path",
    "module_files",
    "write_files",
]
