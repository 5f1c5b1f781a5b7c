/* What the interpreter tells of, and arming a code object so that it does. A part of _fast.c. */

#define HITS_BEFORE 40    /* at least so many hits before lines are switched off */
#define HITS_PER_UNIT 8   /* and so many bytes of bytecode to a hit more */

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
static Unit *event(Lines *self, PyObject *const *args, size_t count, long *number)
{
    if (PyVectorcall_NARGS(count) != 2) {
        return NULL;
    }
    Unit *unit = self->last; /* nine in ten come from where the one before came from */
    if (unit == NULL || unit->code != args[0]) {
        unit = find(self, args[0]);
        if (unit == NULL) {
            return NULL;
        }
        self->last = unit;
    }
    if (PyLong_CheckExact(args[1]) && PyUnstable_Long_IsCompact((PyLongObject *)args[1])) {
        *number = (long)PyUnstable_Long_CompactValue((PyLongObject *)args[1]);
        return unit;
    }
    self->broken = true; /* no line and no offset is as large as that */
    return NULL;
}

static PyObject *on_line(PyObject *hook, PyObject *const *args, size_t count,
                         PyObject *Py_UNUSED(names))
{
    Lines *self = ((Hook *)hook)->lines;
    long line;
    Unit *unit = event(self, args, count, &line);
    return unit != NULL ? seen(self, unit, line) : Py_NewRef(self->disable);
}

static PyObject *on_start(PyObject *hook, PyObject *const *args, size_t count,
                          PyObject *Py_UNUSED(names))
{
    Lines *self = ((Hook *)hook)->lines;
    long offset;
    Unit *unit = event(self, args, count, &offset);
    bool ours = unit != NULL && unit->resume_line > 0;
    return ours ? seen(self, unit, unit->resume_line) : Py_NewRef(self->disable);
}

static PyObject *on_resume(PyObject *hook, PyObject *const *args, size_t count,
                           PyObject *Py_UNUSED(names))
{
    Lines *self = ((Hook *)hook)->lines;
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
