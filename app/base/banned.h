/* Functions that must not be called: forced into every compilation, so that using one fails to
 * compile. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll gmtime localtime
#pragma GCC poison rand srand system popen
