/* The page of the time that there is to claim something. */
#pragma once

#include "web/web.h"

#define TERMS_PAGE "/shipments/terms"

handler terms_page, terms_again, terms_set_page;
