/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Images without a screen and a keyboard: they have no code for them. */
#include "board.h"
#include "report.h"

void board_start_screen(const struct mn_config *config)
{
	if (!config->platform.display.enabled && !config->platform.keyboard.enabled)
		return;
	report("cannot start: platform.display or platform.keyboard is enabled, and this image has "
	       "neither;\ndemo-*.elf do, and what is linked with screen.c\n");
	report_end();
}
