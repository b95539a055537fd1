/* The shapes of what the API answers of runs. */
#pragma once

#include "web/shape.h"

extern const struct shape runs_list_shape, runs_shape, runs_report_shape, runs_preview_shape,
    runs_settings_shape, recipient_shape;
