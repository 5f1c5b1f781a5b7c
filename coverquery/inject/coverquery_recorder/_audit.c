/* Audit events, frames left: without Python code in between. A part of _fast.c.
 *
 * A hook in Python is called for every event, `builtins.id` and `object.__getattr__` among them:
 * 220,000 in the suite of tomlkit, of which 4,000 concern us. This one asks C strings.
 */

#include <string.h>

#define EVENTS_MOST 64

/* For good, as every audit hook; of the one interpreter that has asked. */
static struct {
    PyInterpreterState *interpreter;
    PyObject *told;
    char *events[EVENTS_MOST];
    size_t count;
    bool begins[256]; /* by the first two letters: most events are told apart by these */
} audit;

static unsigned char beginning(const char *event)
{
    return (unsigned char)(event[0] == 0 ? 0 : event[0] * 7 + event[1]);
}

static bool is_wanted(const char *event)
{
    if (!audit.begins[beginning(event)]) {
        return false;
    }
    for (size_t at = 0; at < audit.count; at++) {
        if (strcmp(event, audit.events[at]) == 0) {
            return true;
        }
    }
    return false;
}

static int on_audit(const char *event, PyObject *args, void *Py_UNUSED(data))
{
    if (!is_wanted(event) || PyInterpreterState_Get() != audit.interpreter) {
        return 0;
    }
    PyThreadState *thread = PyThreadState_Get();
    PyThreadState_EnterTracing(thread); /* as the interpreter does around hooks in Python */
    PyObject *done = PyObject_CallFunction(audit.told, "sO", event, args);
    PyThreadState_LeaveTracing(thread);
    if (done == NULL) {
        return -1;
    }
    Py_DECREF(done);
    return 0;
}

PyDoc_STRVAR(listen_doc, "listen(events, hook)\n--\n\n"
             "Call ``hook(event, args)`` at these audit events, for good; False: it cannot be.");

static PyObject *listen_(PyObject *Py_UNUSED(module), PyObject *given)
{
    PyObject *events, *hook;
    if (!PyArg_ParseTuple(given, "O!O:listen", &PyTuple_Type, &events, &hook)) {
        return NULL;
    }
    if (audit.told != NULL || PyTuple_GET_SIZE(events) > EVENTS_MOST) {
        Py_RETURN_FALSE;
    }
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(events); at++) {
        const char *event = PyUnicode_AsUTF8(PyTuple_GET_ITEM(events, at));
        char *copy = event != NULL ? PyMem_RawMalloc(strlen(event) + 1) : NULL;
        if (copy == NULL) {
            return PyErr_Occurred() ? NULL : PyErr_NoMemory();
        }
        audit.events[audit.count++] = strcpy(copy, event);
        audit.begins[beginning(event)] = true;
    }
    audit.interpreter = PyInterpreterState_Get();
    audit.told = Py_NewRef(hook);
    if (PySys_AddAuditHook(on_audit, NULL) < 0) {
        return NULL;
    }
    Py_RETURN_TRUE;
}

/* Whom to tell that a frame was left by an exception: somebody, or nobody at the moment. */
static PyObject *unwound;

PyDoc_STRVAR(unwinding_doc, "unwinding(callback)\n--\n\n"
             "Let `on_unwind` call this from now on, or nobody for None.");

static PyObject *unwinding(PyObject *Py_UNUSED(module), PyObject *callback)
{
    Py_XSETREF(unwound, callback == Py_None ? NULL : Py_NewRef(callback));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(on_unwind_doc, "PY_UNWIND, which comes for every frame of every file.");

static PyObject *on_unwind(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (unwound == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *callback = Py_NewRef(unwound);
    PyObject *done = PyObject_Vectorcall(callback, args, (size_t)count, NULL);
    Py_DECREF(callback);
    return done;
}
