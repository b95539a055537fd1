/* What is said to Jira and what its answers mean, without the network: pure. */
#pragma once

#include "channels/jira.h"

/* The key of a project: capital letters, digits and _. */
bool jira_project(const char *text);

/* One line of at most JIRA_SUMMARY_MOST characters: line ends and blanks in a row are one blank. */
const char *jira_summary(struct arena *a, const char *text);

/* The bodies of a create, a search and a comment. In the Atlassian Document Format a text must not
   be empty: an empty line is none. */
struct str jira_create_body(struct arena *a, struct json_object *settings,
                            const struct jira_issue *issue);
struct str jira_search_body(struct arena *a, struct json_object *settings, const char *label,
                            int64_t known);
struct str jira_comment_body(struct arena *a, const struct jira_issue *issue);

/* What an answer means, as jira.h says; of a 404 or a project that is not known it cannot tell
   whether it is the token: *unsure. OK: a 2xx with a JSON object, *body. */
enum err jira_judge(struct arena *a, const struct http_answer *answer, int64_t now_ms,
                    struct json_object **body, bool *unsure, struct jira_result *out) must_check;

/* The issue that an object {id, key} names, shown at the site. False: it names none. */
bool jira_named(struct arena *a, struct json_object *issue, const char *site,
                struct jira_result *out);

/* Of a search's answer the first issue that has the label and is not done. ERR_NOT_FOUND: none.
   ERR_RETRY: it is no such answer. */
enum err jira_first(struct arena *a, struct json_object *body, const char *label, const char *site,
                    struct jira_result *out) must_check;

/* The seconds until an X-RateLimit-Reset, "2026-03-06T14:05Z"; 0: it cannot be read, or is over. */
int jira_reset(const char *text, int64_t now_ms);
