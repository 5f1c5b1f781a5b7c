/* Whether a function that keeps things is entered with an object that others share. A part of
 * _fast.c.
 *
 * Asking its frame in Python makes a dictionary of all its variables: cachetools enters such
 * functions 22,000 times in a suite of half a second, nearly always with an object of its own.
 */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *told, *memos, *ids, *running;
} Gate;

/* What `object.__hash__` returns. A new reference. */
static PyObject *address(PyObject *value)
{
    size_t bits = (size_t)value;
    return PyLong_FromSsize_t((Py_ssize_t)(bits >> 4 | bits << (8 * sizeof(void *) - 4)));
}

/* Whether somebody has to look closer. Returns -1 with an exception. */
static int is_concerned(Gate *self, PyObject *code)
{
    PyObject *key = address(code);
    PyObject *memo = key != NULL ? PyDict_GetItemWithError(self->memos, key) : NULL;
    Py_XDECREF(key);
    if (memo == NULL) {
        return PyErr_Occurred() ? -1 : 1;
    }
    PyObject *name = PyObject_GetAttrString(memo, "shared_self");
    PyFrameObject *frame = PyEval_GetFrame();
    if (name == NULL || frame == NULL || !PyUnicode_Check(name) || PyUnicode_GET_LENGTH(name) == 0) {
        Py_XDECREF(name);
        return PyErr_Occurred() ? -1 : 1;
    }
    PyObject *value = PyFrame_GetVar(frame, name);
    Py_DECREF(name);
    key = value != NULL ? address(value) : NULL;
    Py_XDECREF(value);
    int found = key != NULL ? PySet_Contains(self->ids, key) : -1;
    Py_XDECREF(key);
    return found;
}

static PyObject *gate(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Gate *self = (Gate *)callable;
    if (self->running != NULL) {
        if (PyDict_GET_SIZE(self->running) == 0) {
            Py_RETURN_NONE;
        }
    }
    else if (PyVectorcall_NARGS(count) > 0) {
        int concerned = is_concerned(self, args[0]);
        if (concerned < 0) {
            PyErr_Clear(); /* whoever is told looks for himself */
        }
        if (concerned == 0) {
            Py_RETURN_NONE;
        }
    }
    return PyObject_Vectorcall(self->told, args, count, names);
}

static PyObject *new_gate(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *told, *memos, *ids, *running;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Gate takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "OO!O!O:Gate", &told, &PyDict_Type, &memos, &PySet_Type, &ids,
                          &running)) {
        return NULL;
    }
    if (running != Py_None && !PyDict_CheckExact(running)) {
        PyErr_SetString(PyExc_TypeError, "Gate: the fourth argument is a dict or None");
        return NULL;
    }
    Gate *self = (Gate *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->vectorcall = gate;
        self->told = Py_NewRef(told);
        self->memos = Py_NewRef(memos);
        self->ids = Py_NewRef(ids);
        self->running = running == Py_None ? NULL : Py_NewRef(running);
    }
    return (PyObject *)self;
}

static void dealloc_gate(Gate *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->told);
    Py_XDECREF(self->memos);
    Py_XDECREF(self->ids);
    Py_XDECREF(self->running);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef gate_members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(Gate, vectorcall), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot gate_slots[] = {
    {Py_tp_doc, "Gate(told, memos, ids, running)\n--\n\n"
                "Calls ``told`` as it is called, unless nobody is concerned.\n\n"
                "Where `running` is a dict: unless it is empty. Else unless the code's memo asks\n"
                "for an object others share, and that which it got has no address in `ids`."},
    {Py_tp_new, new_gate},
    {Py_tp_dealloc, dealloc_gate},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_members, gate_members},
    {0, NULL},
};

static PyType_Spec gate_spec = {
    .name = "coverquery_recorder._fast.Gate",
    .basicsize = sizeof(Gate),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = gate_slots,
};
