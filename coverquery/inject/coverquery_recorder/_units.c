/* A code object that is watched, and all of them by address. A part of _fast.c. */

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
    Unit *last; /* of the last event */
    bool broken;
} Lines;

/* What the interpreter calls: without the layers around a built-in method. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    Lines *lines;
} Hook;

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
