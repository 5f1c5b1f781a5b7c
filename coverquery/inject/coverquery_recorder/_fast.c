/* The hot path of monitoring.py in C: which lines ran, by code object, until the next switch.
 *
 * Public API only, one interpreter, with the GIL. Nothing here runs Python code except `number`,
 * which is called after everything of a switch is in its final place: whatever runs meanwhile
 * (other threads, finalizers) already belongs to the next context.
 *
 * A line that fires no more has to be armed again, which walks its code object four times.
 * So a unit first only counts; once it was hit more often in one context than arming costs,
 * its lines are switched off one by one and the unit is armed again at the switch.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if PY_VERSION_HEX < 0x030C0000
#error "sys.monitoring came with 3.12"
#endif
#ifdef Py_GIL_DISABLED
#error "the GIL is what keeps this consistent"
#endif

#include "_audit.c"
#include "_files.c"
#include "_gates.c"
#include "_looks.c"
#include "_rows.c"
#include "_units.c"
#include "_events.c"
#include "_switch.c"

static PyObject *get_broken(Lines *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->broken);
}

static void dealloc_hook(Hook *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->lines);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef hook_members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(Hook, call), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot hook_slots[] = {
    {Py_tp_doc, "A callback of one sys.monitoring tool."},
    {Py_tp_dealloc, dealloc_hook},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_members, hook_members},
    {0, NULL},
};

static PyType_Spec hook_spec = {
    .name = "coverquery_recorder._fast.Hook",
    .basicsize = sizeof(Hook),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = hook_slots,
};

static PyTypeObject *hook_type;

static PyObject *new_hook(Lines *self, void *call)
{
    Hook *made = (Hook *)hook_type->tp_alloc(hook_type, 0);
    if (made != NULL) {
        made->call = (vectorcallfunc)call;
        made->lines = (Lines *)Py_NewRef(self);
    }
    return (PyObject *)made;
}

static PyObject *new_lines(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *tool, *monitoring;
    if ((kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0)) {
        PyErr_SetString(PyExc_TypeError, "Lines takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "O!O:Lines", &PyLong_Type, &tool, &monitoring)) {
        return NULL;
    }
    Lines *self = (Lines *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->tool = Py_NewRef(tool);
    self->nothing = PyLong_FromLong(0);
    self->disable = PyObject_GetAttrString(monitoring, "DISABLE");
    self->set_local_events = PyObject_GetAttrString(monitoring, "set_local_events");
    if (self->nothing == NULL || self->disable == NULL || self->set_local_events == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void dealloc(Lines *self)
{
    PyTypeObject *type = Py_TYPE(self);
    for (size_t at = 0; at < self->capacity; at++) {
        if (self->slots[at] != NULL) {
            free_unit(self->slots[at]);
        }
    }
    PyMem_Free(self->slots);
    PyMem_Free(self->touched);
    Py_XDECREF(self->disable);
    Py_XDECREF(self->set_local_events);
    Py_XDECREF(self->tool);
    Py_XDECREF(self->nothing);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"add", (PyCFunction)(void (*)(void))add, METH_VARARGS, add_doc},
    {"switch", (PyCFunction)(void (*)(void))switch_, METH_VARARGS, switch_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"broken", (getter)get_broken, NULL, "whether something could not be recorded", NULL},
    {"on_line", (getter)new_hook, NULL, "callback for LINE", on_line},
    {"on_start", (getter)new_hook, NULL, "callback for PY_START", on_start},
    {"on_resume", (getter)new_hook, NULL, "callback for PY_RESUME", on_resume},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Lines by code object, for one sys.monitoring tool with local events."},
    {Py_tp_new, new_lines},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "coverquery_recorder._fast.Lines",
    .basicsize = sizeof(Lines),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static PyMethodDef functions[] = {
    {"unwinding", unwinding, METH_O, unwinding_doc},
    {"on_unwind", (PyCFunction)(void (*)(void))on_unwind, METH_FASTCALL, on_unwind_doc},
    {"listen", listen_, METH_VARARGS, listen_doc},
    {"append", append_, METH_VARARGS, append_doc},
    {"content", content_, METH_O, content_doc},
    {"row", row_, METH_O, row_doc},
    {NULL, NULL, 0, NULL},
};

/* Returns -1 with an exception. */
static int add_type(PyObject *module, PyType_Spec *made)
{
    PyObject *type = PyType_FromModuleAndSpec(module, made, NULL);
    if (type == NULL) {
        return -1;
    }
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static int exec_module(PyObject *module)
{
    if (hook_type == NULL) {
        hook_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &hook_spec, NULL);
    }
    if (hook_type == NULL || add_type(module, &spec) < 0 || add_type(module, &watch_spec) < 0) {
        return -1;
    }
    return add_type(module, &gate_spec);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, exec_module},
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "coverquery_recorder._fast",
    .m_doc = "The hot path of coverquery_recorder.monitoring.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__fast(void)
{
    return PyModuleDef_Init(&definition);
}
