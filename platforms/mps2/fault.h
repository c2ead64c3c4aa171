/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Faults of the processor: a report to both lines, and the end. */
#ifndef MPS2_FAULT_H
#define MPS2_FAULT_H

/* Lets the three kinds of fault come as themselves, and division by zero be one. */
void fault_enable(void);

/* In the vectors, for whatever should never come. */
void fault(void);

#endif
