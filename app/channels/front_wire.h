/* What is said to Front and what its answers mean, without the network: pure.
   Source: https://dev.frontapp.com/reference and docs/rate-limiting. */
#pragma once

#include "channels/front.h"
#include "http/http.h"

#define FRONT_WAIT_MOST 300 /* seconds: its limits are those of a minute */

/* Whether a text can be the id of a conversation in an address: 1 to 64 letters, digits, _ and -.
 */
bool front_id(const char *text);

/* The JSON of a reply, {author_id, channel_id, body, text, options: {archive: false}}, without what
   is NULL or the account's settings do not have. */
struct str front_body(struct arena *a, struct json_object *settings,
                      const struct front_reply *reply);

/* What an answer means, as front_reply says it; sets sentence, code, merged_into, retry_after,
   pause, and unknown as for a call that writes. OK: a 2xx with a JSON object, *body. On an error
   *body is its JSON, or NULL. `asked` is the conversation it is about; NULL: none. */
enum err front_judge(struct arena *a, const struct http_answer *answer, const char *asked,
                     int64_t now_ms, struct json_object **body,
                     struct front_result *out) must_check;

/* The answer to a reply that was accepted: message_uid and raw. ERR_RETRY, unknown: it names none.
 */
enum err front_accepted(struct arena *a, struct json_object *body,
                        struct front_result *out) must_check;

/* The conversation that a Location names, with or without its server, and is not `asked`; NULL:
   none. Of the address only this id is used. */
const char *front_merged_into(struct arena *a, const char *location, const char *asked);

/* Looks through a page of a conversation's messages, newest first, for the first one of ours that
   holds the reply's marker: message_id, message_uid and raw. ERR_NOT_FOUND: not on it; *next is the
   token of the page where it may be, NULL where none can hold it. ERR_RETRY: it is no such page. */
enum err front_page(struct arena *a, struct json_object *page, const struct front_reply *reply,
                    int64_t since_ms, struct front_result *out, const char **next) must_check;
