/* A row of the journal as JSON, in ASCII and without blanks. A part of _fast.c. */

#include <math.h>

#define DEEPEST_ROW 8 /* rows are lists in lists, no deeper than two */

/* Text that grows. */
typedef struct {
    char *data;
    size_t size, room;
} Text;

/* Returns false without memory. */
static bool put(Text *text, const char *data, size_t size)
{
    if (text->room - text->size < size) {
        size_t room = (text->size + size) * 2;
        char *grown = PyMem_Realloc(text->data, room);
        if (grown == NULL) {
            return false;
        }
        text->data = grown;
        text->room = room;
    }
    memcpy(text->data + text->size, data, size);
    text->size += size;
    return true;
}

static bool put_number(Text *text, PyObject *value)
{
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    char digits[24];
    return !overflow && put(text, digits, (size_t)sprintf(digits, "%lld", number));
}

static bool put_float(Text *text, PyObject *value)
{
    double number = PyFloat_AS_DOUBLE(value);
    char *digits = isfinite(number)
                       ? PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, NULL)
                       : NULL; /* no number in JSON */
    bool fine = digits != NULL && put(text, digits, strlen(digits));
    PyMem_Free(digits);
    return fine;
}

static bool put_character(Text *text, Py_UCS4 one)
{
    static const char letters[] = "btn?fr"; /* of backspace, tab, newline, none, feed, return */
    char escaped[16];
    if (one == '"' || one == '\\') {
        return put(text, escaped, (size_t)sprintf(escaped, "\\%c", (char)one));
    }
    if (one >= '\b' && one <= '\r' && letters[one - '\b'] != '?') {
        return put(text, escaped, (size_t)sprintf(escaped, "\\%c", letters[one - '\b']));
    }
    if (one >= ' ' && one < 0x7F) {
        char plain = (char)one;
        return put(text, &plain, 1);
    }
    if (one < 0x10000) {
        return put(text, escaped, (size_t)sprintf(escaped, "\\u%04x", (unsigned)one));
    }
    unsigned high = 0xD800 + ((one - 0x10000) >> 10), low = 0xDC00 + ((one - 0x10000) & 0x3FF);
    return put(text, escaped, (size_t)sprintf(escaped, "\\u%04x\\u%04x", high, low));
}

static bool put_string(Text *text, PyObject *value)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(value), at = 0;
    bool fine = put(text, "\"", 1);
    if (PyUnicode_IS_ASCII(value)) { /* runs of what stands for itself at once */
        const char *data = (const char *)PyUnicode_1BYTE_DATA(value);
        while (fine && at < length) {
            Py_ssize_t from = at;
            while (at < length && data[at] >= ' ' && data[at] < 0x7F && data[at] != '"' &&
                   data[at] != '\\') {
                at++;
            }
            fine = put(text, data + from, (size_t)(at - from));
            if (fine && at < length) {
                fine = put_character(text, (Py_UCS4)data[at++]);
            }
        }
    }
    for (; fine && at < length; at++) {
        fine = put_character(text, PyUnicode_READ_CHAR(value, at));
    }
    return fine && put(text, "\"", 1);
}

/* Returns false where that is not possible, perhaps with an exception. */
static bool put_value(Text *text, PyObject *value, int depth)
{
    if (PyLong_CheckExact(value)) {
        return put_number(text, value);
    }
    if (PyUnicode_CheckExact(value)) {
        return put_string(text, value);
    }
    if (PyFloat_CheckExact(value)) {
        return put_float(text, value);
    }
    if (value == Py_None) {
        return put(text, "null", 4);
    }
    if (PyBool_Check(value)) {
        return value == Py_True ? put(text, "true", 4) : put(text, "false", 5);
    }
    bool list = PyList_CheckExact(value);
    if ((!list && !PyTuple_CheckExact(value)) || depth > DEEPEST_ROW) {
        return false; /* dictionaries are rare */
    }
    bool fine = put(text, "[", 1);
    for (Py_ssize_t at = 0; fine && at < Py_SIZE(value); at++) {
        PyObject *item = list ? PyList_GET_ITEM(value, at) : PyTuple_GET_ITEM(value, at);
        fine = (at == 0 || put(text, ",", 1)) && put_value(text, item, depth + 1);
    }
    return fine && put(text, "]", 1);
}

PyDoc_STRVAR(row_doc, "row(values)\n--\n\n"
             "Return a row of numbers, texts, truths, None and lists of these as JSON.\n\n"
             "None where there is anything else in it.");

static PyObject *row_(PyObject *Py_UNUSED(module), PyObject *values)
{
    Text text = {NULL, 0, 0};
    PyObject *made = NULL;
    if (put_value(&text, values, 0)) {
        made = PyUnicode_FromStringAndSize(text.data, (Py_ssize_t)text.size);
    }
    else if (!PyErr_Occurred()) {
        made = Py_NewRef(Py_None);
    }
    PyMem_Free(text.data);
    return made;
}
