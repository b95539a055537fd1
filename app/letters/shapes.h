/* The shapes of what the routes of letters answer with. */
#pragma once

#include "web/shape.h"

extern const struct shape letter_settings_shape, print_run_shape, print_runs_shape,
    print_pieces_shape, letters_ready_shape, print_certificate_shape, letter_returned_shape;
