/* Trying an account at Shiprocket, by reading alone. */
#include "carriers/shiprocket_check.h"

#include "carriers/shiprocket_call.h"

enum err shiprocket_check(struct carrier_call *call, const char **said, struct carrier_result *out)
{
    struct json_object *body;
    const struct shiprocket_request q = { .method = "GET",
                                          .path = "/orders?per_page=1&page=1",
                                          .secret = true };
    enum err e = shiprocket_call(call, &q, &body, out);
    *said = "Shiprocket answers, and takes the e-mail and password.";
    return e;
}
