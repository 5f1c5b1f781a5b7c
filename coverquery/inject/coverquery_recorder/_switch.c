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
             "``number(code, lines)`` is asked for the number of a set not seen before, ``\"3-5,9\"``.");

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
