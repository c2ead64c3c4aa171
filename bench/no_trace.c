/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Instead of trace.c where tracing is not compiled in. */
#include "operations.h"

void bench_event(void)
{
}

void bench_event_off(void)
{
}

void bench_event_none(void)
{
}

void bench_call_traced(void)
{
	bench_call();
}
