/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands. Each takes its own arguments, argv[0] being its name, and returns the
 * exit code. */
#ifndef CROWTTY_COMMANDS_H
#define CROWTTY_COMMANDS_H

/* The command without a name: serves a target. */
int command_attach(int argc, char **argv);

/* Shows what a target's tasks do, and what is wrong with them. */
int command_top(int argc, char **argv);

/* Writes what a target's screen shows to a file. */
int command_screenshot(int argc, char **argv);

/* Plays or lists a recording. */
int command_replay(int argc, char **argv);

/* Serves a target and records it, with its trace. */
int command_trace_record(int argc, char **argv);

/* A recording's trace for other tools. */
int command_trace_export(int argc, char **argv);

/* A recording as a page. */
int command_trace_view(int argc, char **argv);

#endif
