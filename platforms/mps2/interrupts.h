/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where all device interrupts go. */
#ifndef MPS2_INTERRUPTS_H
#define MPS2_INTERRUPTS_H

/* In the vectors: finds out which one it is, and calls its driver. In main.c. */
void interrupt(void);

#endif
