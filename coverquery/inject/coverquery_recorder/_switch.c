/* What ran since the last switch, as numbers of line sets. A part of _fast.c. */

#define MOST_DIGITS 24 /* of a line's number, with what stands before it */

/* One unit's share of a switch. */
typedef struct {
    Unit *unit;
    uint64_t *bits;
} Taken;

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

/* The lines of a unit as "3-5,9". A new reference. */
static PyObject *text_of(const Unit *unit, const uint64_t *bits)
{
    char *text = PyMem_Malloc((size_t)unit->lines * MOST_DIGITS + 1), *end = text;
    if (text == NULL) {
        return PyErr_NoMemory();
    }
    long begun = -1;
    for (long index = 0; index <= unit->lines; index++) {
        bool ran = index < unit->lines && (bits[index / BITS] >> (index % BITS) & 1) &&
                   unit->first + index > 0; /* 0 stands for no line */
        if (ran && begun < 0) {
            begun = index;
        }
        else if (!ran && begun >= 0) {
            const char *comma = end == text ? "" : ",";
            end += sprintf(end, "%s%ld", comma, unit->first + begun);
            if (index - 1 > begun) {
                end += sprintf(end, "-%ld", unit->first + index - 1);
            }
            begun = -1;
        }
    }
    PyObject *made = PyUnicode_FromStringAndSize(text, end - text);
    PyMem_Free(text);
    return made;
}

/* Asks for the sid of new lines and keeps it; takes the bits. Runs Python. A new reference. */
static PyObject *numbered(PyObject *number, Unit *unit, uint64_t *bits)
{
    PyObject *lines = text_of(unit, bits);
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

/* What is to be done with the sids of a switch. */
typedef struct {
    PyObject *sids, *plain, *others; /* a set, a set, a list or NULL */
} Sids;

/* Returns false with an exception. */
static bool note(Sids *into, PyObject *sid)
{
    int plain = PySet_Contains(into->plain, sid);
    if (plain < 0 || PySet_Add(into->sids, sid) < 0) {
        return false;
    }
    if (plain) {
        return true;
    }
    if (into->others == NULL) {
        into->others = PyList_New(0);
    }
    return into->others != NULL && PyList_Append(into->others, sid) == 0;
}

/* Notes sets that have a number, arms what was switched off, and takes the sets that have none;
 * runs no Python code. Returns how many were taken. */
static size_t take(Lines *self, Sids *into, Taken *taken)
{
    size_t left = 0, count = 0;
    for (size_t at = 0; at < self->touched_count; at++) {
        Unit *unit = self->touched[at];
        PyObject *sid = known(unit, unit->bits);
        if (sid != NULL && note(into, sid)) {
            memset(unit->bits, 0, unit->words * sizeof(uint64_t));
        }
        else {
            uint64_t *fresh = PyMem_Calloc(unit->words, sizeof(uint64_t));
            if (fresh == NULL) { /* keep what we have: the next context gets it as well */
                self->broken = true;
                self->touched[left++] = unit;
                continue;
            }
            taken[count++] = (Taken){unit, unit->bits};
            unit->bits = fresh;
        }
        unit->touched = false;
        unit->hits = 0;
        if (unit->off) {
            unit->off = false;
            arm(self, unit);
        }
    }
    self->touched_count = left;
    return count;
}

PyDoc_STRVAR(switch_doc, "switch(number, sids, plain)\n--\n\n"
             "Add the numbers of the line sets seen since the last time to a set, begin anew.\n\n"
             "``number(code, lines)`` is asked for the number of a set not seen before, ``\"3-5,9\"``."
             "\nReturn those that are not in `plain`, a set.");

static PyObject *switch_(Lines *self, PyObject *args)
{
    PyObject *number;
    Sids into = {NULL, NULL, NULL};
    if (!PyArg_ParseTuple(args, "OO!O!:switch", &number, &PySet_Type, &into.sids, &PySet_Type,
                          &into.plain)) {
        return NULL;
    }
    if (self->touched_count == 0) {
        return PyTuple_New(0);
    }
    Taken *taken = PyMem_Calloc(self->touched_count, sizeof(Taken));
    if (taken == NULL) {
        self->broken = true;
        return PyErr_NoMemory();
    }
    size_t count = take(self, &into, taken);
    bool fine = !PyErr_Occurred();
    for (size_t at = 0; at < count; at++) {
        PyObject *sid = fine ? numbered(number, taken[at].unit, taken[at].bits) : NULL;
        if (!fine) {
            PyMem_Free(taken[at].bits);
        }
        fine = sid != NULL && note(&into, sid);
        Py_XDECREF(sid);
    }
    PyMem_Free(taken);
    if (!fine) {
        self->broken = true;
        Py_CLEAR(into.others);
        return NULL;
    }
    return into.others != NULL ? into.others : PyTuple_New(0);
}
