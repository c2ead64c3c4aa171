/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Board files at run time, through the one program that reads them, mnconfig. */
#ifndef MELPOMENE_CONFIG_LOAD_H
#define MELPOMENE_CONFIG_LOAD_H

#include <stdbool.h>
#include <mnemos/config.h>

/* Reads `file` (TOML); false after everything that is wrong with it was told. */
bool config_load(struct mn_config *config, const char *file);

#endif
