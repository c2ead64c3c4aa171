/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Error codes: one list for the kernel, programs and host tools.
 *
 * A function that can be waited for returns an mn_poll: MN_PENDING while it is
 * unfinished, MN_OK when it ended well, else one of the errors below. Functions
 * that never wait return the same codes without MN_PENDING. The numbers are ABI:
 * append, never renumber.
 */
#ifndef MNEMOS_ERROR_H
#define MNEMOS_ERROR_H

/*  name          value  text */
#define MN_ERROR_LIST(X)                            \
	X(MN_OK, 0, "ok")                           \
	X(MN_PENDING, 1, "pending")                 \
	X(MN_ECANCELED, 2, "canceled")              \
	X(MN_ETIMEDOUT, 3, "timed out")             \
	X(MN_ECLOSED, 4, "the other end is closed") \
	X(MN_EGONE, 5, "the service has gone")      \
	X(MN_EFULL, 6, "full")                      \
	X(MN_EEMPTY, 7, "empty")                    \
	X(MN_ENOMEM, 8, "out of memory")            \
	X(MN_EINVAL, 9, "invalid argument")         \
	X(MN_ETOOBIG, 10, "too big to ever fit")    \
	X(MN_ENOTFOUND, 11, "not found")            \
	X(MN_EEXIST, 12, "exists already")          \
	X(MN_EREFUSED, 13, "refused")               \
	X(MN_ETYPE, 14, "type mismatch")            \
	X(MN_EBUSY, 15, "busy")                     \
	X(MN_EBADMSG, 16, "malformed message")      \
	X(MN_EOVERFLOW, 17, "value out of range")   \
	X(MN_EIO, 18, "input/output error")         \
	X(MN_ENOTSUP, 19, "not supported")

/* The list as numbers. */
enum mn_error {
#define MN__ERROR_ENUM(name, value, text) name = (value),
	MN_ERROR_LIST(MN__ERROR_ENUM)
#undef MN__ERROR_ENUM
};

/* The result of one poll of an operation or of a task's body. */
typedef enum mn_error mn_poll;

/* The text of a code, never NULL; "unknown error" for a number not in the list. */
static inline const char *mn_error_text(int code)
{
	switch (code) {
#define MN__ERROR_TEXT(name, value, text) \
	case value:                       \
		return text;
		MN_ERROR_LIST(MN__ERROR_TEXT)
#undef MN__ERROR_TEXT
	default:
		return "unknown error";
	}
}

#endif
