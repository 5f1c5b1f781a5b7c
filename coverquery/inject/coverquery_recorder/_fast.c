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
#include <stdint.h>

#if PY_VERSION_HEX < 0x030C0000
#error "sys.monitoring came with 3.12"
#endif
#ifdef Py_GIL_DISABLED
#error "the GIL is what keeps this consistent"
#endif

#include "_audit.c"

#define HITS_BEFORE 40    /* at least so many hits before lines are switched off */
#define HITS_PER_UNIT 8   /* and so many bytes of bytecode to a hit more */
#define BITS 64
#define RESUMABLE (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)

typedef struct {
    uint64_t *bits;
    PyObject *sid;
} Known;

typedef struct {
    long start, end, line;
} Range;

typedef struct {
    PyObject *code; /* kept alive: its address is the key */
    PyObject *events;
    long first, lines, resume_line;
    uint64_t *bits; /* lines seen since the last switch, the first is `first` */
    size_t words;
    Range *ranges; /* where a line stands, for code that can be resumed */
    size_t ranges_count;
    Known *known;
    size_t known_count;
    uint32_t hits, enough;
    bool touched, off; /* seen since the last switch; some lines fire no more */
} Unit;

typedef struct {
    PyObject_HEAD
    PyObject *disable, *set_local_events, *tool, *nothing;
    Unit **slots; /* open addressing by the code's address */
    size_t capacity, count;
    Unit **touched;
    size_t touched_count, touched_capacity;
    bool broken;
} Lines;

/* One unit's share of a switch. */
typedef struct {
    Unit *unit;
    uint64_t *bits;
} Taken;

static size_t place_of(const void *code, size_t capacity)
{
    uint64_t key = (uint64_t)(uintptr_t)code >> 4;
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (capacity - 1);
}

static Unit *find(Lines *self, PyObject *code)
{
    if (self->capacity == 0) {
        return NULL;
    }
    size_t at = place_of(code, self->capacity);
    while (self->slots[at] != NULL && self->slots[at]->code != code) {
        at = (at + 1) & (self->capacity - 1);
    }
    return self->slots[at];
}

/* Returns false without memory. */
static bool room(Lines *self)
{
    if (self->count * 2 < self->capacity) {
        return true;
    }
    size_t capacity = self->capacity ? self->capacity * 2 : 1024;
    Unit **slots = PyMem_Calloc(capacity, sizeof(Unit *));
    if (slots == NULL) {
        return false;
    }
    for (size_t old = 0; old < self->capacity; old++) {
        if (self->slots[old] != NULL) {
            size_t at = place_of(self->slots[old]->code, capacity);
            while (slots[at] != NULL) {
                at = (at + 1) & (capacity - 1);
            }
            slots[at] = self->slots[old];
        }
    }
    PyMem_Free(self->slots);
    self->slots = slots;
    self->capacity = capacity;
    return true;
}

static void free_unit(Unit *unit)
{
    for (size_t at = 0; at < unit->known_count; at++) {
        PyMem_Free(unit->known[at].bits);
        Py_XDECREF(unit->known[at].sid);
    }
    PyMem_Free(unit->known);
    PyMem_Free(unit->ranges);
    PyMem_Free(unit->bits);
    Py_XDECREF(unit->code);
    Py_XDECREF(unit->events);
    PyMem_Free(unit);
}

/* Seen: what the interpreter is to do with the event from now on. A new reference. */
static PyObject *seen(Lines *self, Unit *unit, long line)
{
    long index = line - unit->first;
    if (index < 0 || index >= unit->lines) {
        self->broken = true; /* a line that its code object does not have */
        return Py_NewRef(self->disable);
    }
    unit->bits[index / BITS] |= UINT64_C(1) << (index % BITS);
    if (!unit->touched) {
        if (self->touched_count == self->touched_capacity) {
            size_t capacity = self->touched_capacity ? self->touched_capacity * 2 : 256;
            Unit **grown = PyMem_Realloc(self->touched, capacity * sizeof(Unit *));
            if (grown == NULL) {
                self->broken = true;
                Py_RETURN_NONE;
            }
            self->touched = grown;
            self->touched_capacity = capacity;
        }
        self->touched[self->touched_count++] = unit;
        unit->touched = true;
    }
    if (++unit->hits <= unit->enough) {
        Py_RETURN_NONE;
    }
    unit->off = true;
    return Py_NewRef(self->disable);
}

/* The unit and the number of an event's two arguments; NULL where it is not ours. */
static Unit *event(Lines *self, PyObject *const *args, Py_ssize_t count, long *number)
{
    Unit *unit = count == 2 ? find(self, args[0]) : NULL;
    if (unit == NULL) {
        return NULL;
    }
    *number = PyLong_AsLong(args[1]);
    if (*number == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        self->broken = true;
        return NULL;
    }
    return unit;
}

static PyObject *on_line(Lines *self, PyObject *const *args, Py_ssize_t count)
{
    long line;
    Unit *unit = event(self, args, count, &line);
    return unit != NULL ? seen(self, unit, line) : Py_NewRef(self->disable);
}

static PyObject *on_start(Lines *self, PyObject *const *args, Py_ssize_t count)
{
    long offset;
    Unit *unit = event(self, args, count, &offset);
    bool ours = unit != NULL && unit->resume_line > 0;
    return ours ? seen(self, unit, unit->resume_line) : Py_NewRef(self->disable);
}

static PyObject *on_resume(Lines *self, PyObject *const *args, Py_ssize_t count)
{
    long offset;
    Unit *unit = event(self, args, count, &offset);
    if (unit != NULL) {
        for (size_t at = 0; at < unit->ranges_count; at++) {
            Range *range = &unit->ranges[at];
            if (range->start <= offset && offset < range->end) {
                return range->line > 0 ? seen(self, unit, range->line) : Py_NewRef(self->disable);
            }
        }
    }
    return Py_NewRef(self->disable);
}

/* Arms a unit anew, or for the first time. Somebody may have freed our tool's id: then
 * `Monitoring.healthy` says so, and the project never hears of it. */
static void arm(Lines *self, Unit *unit)
{
    PyObject *off[] = {self->tool, unit->code, self->nothing};
    PyObject *on[] = {self->tool, unit->code, unit->events};
    PyObject *done = PyObject_Vectorcall(self->set_local_events, off, 3, NULL);
    if (done != NULL) {
        Py_DECREF(done);
        done = PyObject_Vectorcall(self->set_local_events, on, 3, NULL);
    }
    if (done == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(done);
}

/* Reads ``code.co_lines()`` into the unit. Returns false with an exception. */
static bool read_lines(Unit *unit)
{
    bool ranges = ((PyCodeObject *)unit->code)->co_flags & RESUMABLE;
    PyObject *made = PyObject_CallMethod(unit->code, "co_lines", NULL);
    PyObject *list = made != NULL ? PySequence_List(made) : NULL;
    Py_XDECREF(made);
    if (list == NULL) {
        return false;
    }
    Py_ssize_t count = PyList_GET_SIZE(list);
    Range *found = PyMem_Calloc((size_t)count + 1, sizeof(Range));
    long first = 0, last = -1;
    for (Py_ssize_t at = 0; found != NULL && at < count; at++) {
        PyObject *line;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(list, at), "llO", &found[at].start, &found[at].end,
                              &line)) {
            PyMem_Free(found);
            Py_DECREF(list);
            return false;
        }
        long number = found[at].line = line == Py_None ? -1 : PyLong_AsLong(line);
        if (number >= 0) {
            first = last < 0 || number < first ? number : first;
            last = number > last ? number : last;
        }
    }
    Py_DECREF(list);
    unit->first = first;
    unit->lines = last < 0 ? 0 : last - first + 1;
    unit->words = ((size_t)unit->lines + BITS - 1) / BITS + 1;
    unit->bits = PyMem_Calloc(unit->words, sizeof(uint64_t));
    if (found == NULL || unit->bits == NULL || PyErr_Occurred()) {
        PyMem_Free(found);
        if (!PyErr_Occurred()) {
            PyErr_NoMemory();
        }
        return false;
    }
    long bytes = count ? found[count - 1].end : 0;
    unit->enough = (uint32_t)(HITS_BEFORE + bytes / HITS_PER_UNIT);
    unit->ranges = ranges ? found : NULL;
    unit->ranges_count = ranges ? (size_t)count : 0;
    if (!ranges) {
        PyMem_Free(found);
    }
    return true;
}

PyDoc_STRVAR(add_doc, "add(code, events, resume_line)\n--\n\n"
             "Watch a code object that is not watched yet.");

static PyObject *add(Lines *self, PyObject *args)
{
    PyObject *code, *events;
    long resume_line;
    if (!PyArg_ParseTuple(args, "O!O!l:add", &PyCode_Type, &code, &PyLong_Type, &events,
                          &resume_line)) {
        return NULL;
    }
    if (find(self, code) != NULL) {
        Py_RETURN_NONE;
    }
    Unit *unit = PyMem_Calloc(1, sizeof(Unit));
    if (unit == NULL) {
        self->broken = true;
        return PyErr_NoMemory();
    }
    unit->code = Py_NewRef(code);
    unit->events = Py_NewRef(events);
    unit->resume_line = resume_line;
    if (!read_lines(unit) || !room(self)) {
        free_unit(unit);
        self->broken = true;
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    size_t at = place_of(code, self->capacity);
    while (self->slots[at] != NULL) {
        at = (at + 1) & (self->capacity - 1);
    }
    self->slots[at] = unit;
    self->count++;
    arm(self, unit);
    Py_RETURN_NONE;
}

/* The sid these lines already have in this unit, borrowed; the last one asked for is first. */
static PyObject *known(Unit *unit, const uint64_t *bits)
{
    for (size_t at = 0; at < unit->known_count; at++) {
        if (memcmp(unit->known[at].bits, bits, unit->words * sizeof(uint64_t)) == 0) {
            Known found = unit->known[at];
            unit->known[at] = unit->known[0];
            unit->known[0] = found;
            return found.sid;
        }
    }
    return NULL;
}

/* Asks for the sid of new lines and keeps it; takes the bits. Runs Python. A new reference. */
static PyObject *numbered(PyObject *number, Unit *unit, uint64_t *bits)
{
    PyObject *lines = PyList_New(0);
    for (long index = 0; lines != NULL && index < unit->lines; index++) {
        if (bits[index / BITS] >> (index % BITS) & 1) {
            PyObject *line = PyLong_FromLong(unit->first + index);
            if (line == NULL || PyList_Append(lines, line) < 0) {
                Py_CLEAR(lines);
            }
            Py_XDECREF(line);
        }
    }
    PyObject *sid = NULL;
    if (lines != NULL) {
        sid = PyObject_CallFunctionObjArgs(number, unit->code, lines, NULL);
        Py_DECREF(lines);
    }
    Known *grown = NULL;
    if (sid != NULL) {
        grown = PyMem_Realloc(unit->known, (unit->known_count + 1) * sizeof(Known));
    }
    if (grown == NULL) {
        PyMem_Free(bits);
        if (sid != NULL) {
            Py_DECREF(sid);
            PyErr_NoMemory();
        }
        return NULL;
    }
    unit->known = grown;
    unit->known[unit->known_count++] = (Known){bits, Py_NewRef(sid)};
    return sid;
}

/* Takes what was seen and arms what was switched off; runs no Python code. */
static Taken *take(Lines *self, size_t *count)
{
    *count = self->touched_count;
    Taken *taken = PyMem_Calloc(self->touched_count + 1, sizeof(Taken));
    for (size_t at = 0; taken != NULL && at < *count; at++) {
        Unit *unit = self->touched[at];
        uint64_t *fresh = PyMem_Calloc(unit->words, sizeof(uint64_t));
        if (fresh == NULL) { /* keep what we have: the next context gets it as well */
            self->broken = true;
            *count = at;
            break;
        }
        taken[at] = (Taken){unit, unit->bits};
        unit->bits = fresh;
    }
    if (taken == NULL) {
        self->broken = true;
        return NULL;
    }
    size_t left = 0;
    for (size_t at = 0; at < self->touched_count; at++) {
        Unit *unit = self->touched[at];
        if (at >= *count) {
            self->touched[left++] = unit;
            continue;
        }
        unit->touched = false;
        unit->hits = 0;
        if (unit->off) {
            unit->off = false;
            arm(self, unit);
        }
    }
    self->touched_count = left;
    return taken;
}

PyDoc_STRVAR(switch_doc, "switch(number)\n--\n\n"
             "Return the numbers of the line sets seen since the last time, and begin anew.\n\n"
             "``number(code, lines)`` is asked for the number of a set not seen before.");

static PyObject *switch_(Lines *self, PyObject *number)
{
    if (self->touched_count == 0) {
        return PyTuple_New(0);
    }
    size_t count;
    Taken *taken = take(self, &count);
    PyObject *sids = taken != NULL ? PyList_New(0) : PyErr_NoMemory();
    for (size_t at = 0; taken != NULL && at < count; at++) {
        Unit *unit = taken[at].unit;
        if (sids == NULL) {
            PyMem_Free(taken[at].bits);
            continue;
        }
        PyObject *sid = Py_XNewRef(known(unit, taken[at].bits));
        if (sid != NULL) {
            PyMem_Free(taken[at].bits);
        }
        else {
            sid = numbered(number, unit, taken[at].bits);
        }
        if (sid == NULL || PyList_Append(sids, sid) < 0) {
            self->broken = true;
            Py_CLEAR(sids);
        }
        Py_XDECREF(sid);
    }
    PyMem_Free(taken);
    return sids;
}

static PyObject *get_broken(Lines *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->broken);
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
    {"on_line", (PyCFunction)(void (*)(void))on_line, METH_FASTCALL, "LINE"},
    {"on_start", (PyCFunction)(void (*)(void))on_start, METH_FASTCALL, "PY_START"},
    {"on_resume", (PyCFunction)(void (*)(void))on_resume, METH_FASTCALL, "PY_RESUME"},
    {"add", (PyCFunction)(void (*)(void))add, METH_VARARGS, add_doc},
    {"switch", (PyCFunction)(void (*)(void))switch_, METH_O, switch_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"broken", (getter)get_broken, NULL, "whether something could not be recorded", NULL},
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

static int exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
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
