/* A function of ``os`` that tells somebody what it found, unless pytest asks. A part of _fast.c.
 *
 * pytest asks four times a test whether a file is there: 5,000 times in the suite of tomlkit.
 */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *call, *look, *kinds, *spared;
    long pass;
} Watch;

/* Whether the nearest frame that does not pass a question on is of a kind that is spared.
 * A file whose kind is not known yet may be of any. Returns -1 with an exception. */
static int is_spared(Watch *self, PyFrameObject *frame)
{
    int spared = 0;
    Py_XINCREF(frame);
    while (frame != NULL) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        PyObject *kind = PyDict_GetItemWithError(self->kinds, code->co_filename);
        Py_DECREF(code);
        if (kind == NULL || PyLong_AsLong(kind) != self->pass) {
            spared = kind == NULL ? 0 : PySet_Contains(self->spared, kind);
            Py_DECREF(frame);
            break;
        }
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = back;
    }
    return PyErr_Occurred() ? -1 : spared;
}

/* Calls ``look(args, named, found, frame)``. Returns false with an exception. */
static bool tell_look(Watch *self, PyObject *const *args, size_t count, PyObject *names,
                      PyObject *found, PyFrameObject *frame)
{
    Py_ssize_t positional = PyVectorcall_NARGS(count);
    PyObject *given = PyTuple_New(positional), *named = PyDict_New(), *done = NULL;
    bool fine = given != NULL && named != NULL;
    for (Py_ssize_t at = 0; fine && at < positional; at++) {
        PyTuple_SET_ITEM(given, at, Py_NewRef(args[at]));
    }
    for (Py_ssize_t at = 0; fine && names != NULL && at < PyTuple_GET_SIZE(names); at++) {
        fine = PyDict_SetItem(named, PyTuple_GET_ITEM(names, at), args[positional + at]) == 0;
    }
    if (fine) {
        done = PyObject_CallFunctionObjArgs(self->look, given, named, found, frame, NULL);
    }
    Py_XDECREF(given);
    Py_XDECREF(named);
    Py_XDECREF(done);
    return done != NULL;
}

static PyObject *watch(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Watch *self = (Watch *)callable;
    PyObject *found = PyObject_Vectorcall(self->call, args, count, names);
    PyObject *error = NULL;
    if (found == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_FileNotFoundError) &&
            !PyErr_ExceptionMatches(PyExc_NotADirectoryError)) {
            return NULL;
        }
        error = PyErr_GetRaisedException();
    }
    PyFrameObject *frame = PyEval_GetFrame();
    int spared = frame != NULL ? is_spared(self, frame) : 1;
    bool fine = spared > 0 || (spared == 0 && tell_look(self, args, count, names,
                                                        found != NULL ? found : error, frame));
    if (error != NULL) {
        if (fine) {
            PyErr_SetRaisedException(error);
        }
        else {
            Py_DECREF(error);
        }
        return NULL;
    }
    if (!fine) {
        Py_CLEAR(found);
    }
    return found;
}

static PyObject *new_watch(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *call, *look, *kinds, *spared;
    long pass;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Watch takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "OOO!lO!:Watch", &call, &look, &PyDict_Type, &kinds, &pass,
                          &PyFrozenSet_Type, &spared)) {
        return NULL;
    }
    Watch *self = (Watch *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->vectorcall = watch;
        self->call = Py_NewRef(call);
        self->look = Py_NewRef(look);
        self->kinds = Py_NewRef(kinds);
        self->spared = Py_NewRef(spared);
        self->pass = pass;
    }
    return (PyObject *)self;
}

static void dealloc_watch(Watch *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->call);
    Py_XDECREF(self->look);
    Py_XDECREF(self->kinds);
    Py_XDECREF(self->spared);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef watch_members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(Watch, vectorcall), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot watch_slots[] = {
    {Py_tp_doc, "Watch(call, look, kinds, pass, spared)\n--\n\n"
                "Calls a function, then ``look(args, named, found, frame)`` of its caller.\n\n"
                "`kinds` are those of file names; frames of the kind `pass` ask for others."},
    {Py_tp_new, new_watch},
    {Py_tp_dealloc, dealloc_watch},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_members, watch_members},
    {0, NULL},
};

static PyType_Spec watch_spec = {
    .name = "coverquery_recorder._fast.Watch",
    .basicsize = sizeof(Watch),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = watch_slots,
};
