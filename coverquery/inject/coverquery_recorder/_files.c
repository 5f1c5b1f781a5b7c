/* Reading and writing whole files without an audit event. A part of _fast.c. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FIRST_READ 16384 /* most files fit */

static int write_all(int descriptor, const char *data, size_t left)
{
    while (left > 0) {
        ssize_t done = write(descriptor, data, left);
        if (done < 0 && errno != EINTR) {
            return -1;
        }
        if (done > 0) {
            data += done;
            left -= (size_t)done;
        }
    }
    return 0;
}

PyDoc_STRVAR(append_doc, "append(path, data)\n--\n\n"
             "Append bytes to a file, which is opened for that; raises no audit event.");

static PyObject *append_(PyObject *Py_UNUSED(module), PyObject *given)
{
    PyObject *path;
    const char *data;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(given, "O&y#:append", PyUnicode_FSConverter, &path, &data, &size)) {
        return NULL;
    }
    const char *name = PyBytes_AS_STRING(path);
    int failed;
    Py_BEGIN_ALLOW_THREADS
    int descriptor = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    failed = descriptor < 0 ? errno : 0;
    if (!failed) {
        failed = write_all(descriptor, data, (size_t)size) < 0 ? errno : 0;
        close(descriptor);
    }
    Py_END_ALLOW_THREADS
    Py_DECREF(path);
    if (failed) {
        errno = failed;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/* Reads to the end. Returns how much is in `*data`, or -1 with errno. Needs no GIL. */
static Py_ssize_t read_all(int descriptor, char **data)
{
    size_t size = 0, room = 0;
    for (;;) {
        if (size == room) {
            room = room ? room * 2 : FIRST_READ;
            char *grown = PyMem_RawRealloc(*data, room);
            if (grown == NULL) {
                errno = ENOMEM;
                return -1;
            }
            *data = grown;
        }
        ssize_t done = read(descriptor, *data + size, room - size);
        if (done == 0) {
            return (Py_ssize_t)size;
        }
        if (done < 0 && errno != EINTR) {
            return -1;
        }
        size += done > 0 ? (size_t)done : 0;
    }
}

PyDoc_STRVAR(content_doc, "content(path)\n--\n\n"
             "Return the bytes of a file; raises no audit event.");

static PyObject *content_(PyObject *Py_UNUSED(module), PyObject *given)
{
    PyObject *path;
    if (!PyUnicode_FSConverter(given, &path)) {
        return NULL;
    }
    const char *name = PyBytes_AS_STRING(path);
    char *data = NULL;
    Py_ssize_t size = -1;
    int failed;
    Py_BEGIN_ALLOW_THREADS
    int descriptor = open(name, O_RDONLY | O_CLOEXEC);
    size = descriptor < 0 ? -1 : read_all(descriptor, &data);
    failed = errno;
    if (descriptor >= 0) {
        close(descriptor);
    }
    Py_END_ALLOW_THREADS
    Py_DECREF(path);
    PyObject *found = NULL;
    if (size < 0) {
        errno = failed;
        PyErr_SetFromErrno(PyExc_OSError);
    }
    else {
        found = PyBytes_FromStringAndSize(data, size);
    }
    PyMem_RawFree(data);
    return found;
}
