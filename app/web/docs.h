/* The page that shows the API to people. */
#pragma once

#include "web/web.h"

/* GET /api/docs */
handler docs_show;
