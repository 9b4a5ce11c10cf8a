"""
Raises exceptions at a chosen line of recording, once or several times in a row.

Python disarms a Python trace function that raises. A trace function in C stays armed, so that the
second exception strikes the handler of the first exception.
"""

from __future__ import annotations

import importlib.util
import shlex
import subprocess
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Final

_SOURCE: Final = r"""
#include <Python.h>
#include <string.h>

static PyObject *kind;
static char prefix[4096];
static long number, times, seen;

static int strike(PyObject *self, PyFrameObject *frame, int what, PyObject *argument) {
    if (what != PyTrace_LINE)
        return 0;
    PyCodeObject *code = PyFrame_GetCode(frame);
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    int is_ours = file != NULL && strncmp(file, prefix, strlen(prefix)) == 0;
    Py_DECREF(code);
    PyErr_Clear();
    if (!is_ours)
        return 0;
    seen++;
    if (seen < number || seen >= number + times)
        return 0;
    PyErr_SetString(kind, "struck");
    return -1;
}

static PyObject *arm(PyObject *module, PyObject *arguments) {
    const char *folder;
    PyObject *chosen;
    if (!PyArg_ParseTuple(arguments, "sOll", &folder, &chosen, &number, &times))
        return NULL;
    strncpy(prefix, folder, sizeof prefix - 1);
    Py_INCREF(chosen);
    Py_XSETREF(kind, chosen);
    seen = 0;
    PyEval_SetTrace(strike, NULL);
    Py_RETURN_NONE;
}

static PyObject *disarm(PyObject *module, PyObject *arguments) {
    PyEval_SetTrace(NULL, NULL);
    return PyLong_FromLong(seen);
}

static PyMethodDef methods[] = {
    {"arm", arm, METH_VARARGS, NULL}, {"disarm", disarm, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "striking", NULL, -1, methods};
PyMODINIT_FUNC PyInit_striking(void) { return PyModule_Create(&definition); }
"""


def build(place: Path) -> Path | None:
    """
    Compile the trace function.

    Args:
        place: The directory for the module.

    Returns:
        The module's file; None without a C compiler, or without Python's headers.
    """
    source, module = place / "striking.c", place / "striking.so"
    source.write_text(_SOURCE)
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    headers = sysconfig.get_paths()["include"]
    try:
        built = subprocess.run(
            [*compiler, "-shared", "-fPIC", "-O1", f"-I{headers}", str(source), "-o", str(module)],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return module if built.returncode == 0 else None


def load(module: Path) -> ModuleType:
    """
    Load the module that `build` compiled.

    Its `arm(folder, kind, number, times)` raises `kind` in the calling thread at the `number`-th
    line of code in the folder that runs from now on, and at `times - 1` further lines. Its
    `disarm()` ends this, and returns the number of lines that ran.

    Args:
        module: The module's file.

    Returns:
        The module.
    """
    specification = importlib.util.spec_from_file_location("striking", module)
    assert specification is not None
    assert specification.loader is not None
    loaded = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(loaded)
    return loaded
