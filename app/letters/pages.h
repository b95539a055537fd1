/* The pages of letters. */
#pragma once

#include "web/web.h"

enum err letters_page(struct req *r, struct reply *p) must_check;
enum err letters_start(struct req *r, struct reply *p) must_check;
enum err run_page(struct req *r, struct reply *p) must_check;
enum err run_page_again(struct req *r, struct reply *p) must_check;
enum err run_progress(struct req *r, struct reply *p) must_check;
enum err run_step(struct req *r, struct reply *p) must_check;
enum err run_lodge(struct req *r, struct reply *p) must_check;
enum err run_close(struct req *r, struct reply *p) must_check;
enum err run_receipt(struct req *r, struct reply *p) must_check;
enum err certificate_page(struct req *r, struct reply *p) must_check;
enum err return_page(struct req *r, struct reply *p) must_check;
enum err return_post(struct req *r, struct reply *p) must_check;
enum err settings_show(struct req *r, struct reply *p) must_check;
enum err settings_save(struct req *r, struct reply *p) must_check;

/* ---- what requests may hold ---- */

struct start_input {
    const char *group; /* "building-id 2025"; NULL: all */
    const char *order, *separators, *label_layout;
    long label_start;
};

struct list_input {
    const char *building, *after, *find;
    long year;
};
struct pieces_input {
    long after;
};
struct lodge_input {
    long accepted;
    const char *at, *on, *time, *missing;
};
struct close_input {
    const char *explanation;
};
struct receipt_input {
    const char *number;
};
struct return_input {
    const char *code, *reason;
};

/* The upload of a field; NULL: none came. */
const struct upload *upload_of(const struct req *r, const char *field);

/* A run's id in the path; NULL where it is none. */
const char *run_id_of(const struct req *r);
