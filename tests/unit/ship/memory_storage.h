/* A storage of deliveries in memory, which can die before or after any of its writes. */
#pragma once

#include "base/json.h"
#include "ship/delivery_run.h"

#include <string.h>

#define MEMORY_RUNS 4

struct memory {
    struct arena *arena;
    struct reservation at[MEMORY_RUNS];
    int n;
    int writes, dies_at; /* the write, from 1, that dies; 0: none */
    bool dies_after;     /* it was written */
    int shipments, failures;
    char last_retry[16], last_kind[16], last_step[16];
};

static struct json_object *memory_copy(struct arena *a, struct json_object *value)
{
    struct json_object *copy = NULL;
    if (value)
        json_object_deep_copy(value, &copy, NULL);
    return copy ? json_own(a, copy) : NULL;
}

static struct reservation *memory_find(struct memory *m, const char *id)
{
    for (int i = 0; i < m->n; i++)
        if (strcmp(m->at[i].id, id) == 0)
            return &m->at[i];
    return NULL;
}

static void memory_read(struct memory *m, const struct reservation *kept, struct reservation *out)
{
    *out = *kept;
    out->results = memory_copy(m->arena, kept->results);
}

static enum err memory_reserve(void *of, struct ctx *c, const struct reservation *wanted,
                               struct reservation *out)
{
    struct memory *m = of;
    (void)c;
    for (int i = 0; i < m->n; i++)
        if (strcmp(m->at[i].order_id, wanted->order_id) == 0 && m->at[i].parcel == wanted->parcel &&
            m->at[i].state != RUN_CANCELLED) {
            memory_read(m, &m->at[i], out);
            return ERR_CONFLICT;
        }
    m->at[m->n] = *wanted;
    m->at[m->n].results = json_own(m->arena, json_object_new_object());
    memory_read(m, &m->at[m->n++], out);
    return OK;
}

static enum err memory_get(void *of, struct ctx *c, const char *id, struct reservation *out)
{
    struct reservation *kept = memory_find(of, id);
    (void)c;
    if (!kept)
        return ERR_NOT_FOUND;
    memory_read(of, kept, out);
    return OK;
}

static enum err memory_save(void *of, struct ctx *c, struct reservation *r)
{
    struct memory *m = of;
    struct reservation *kept = memory_find(m, r->id);
    bool dies = ++m->writes == m->dies_at;
    (void)c;
    if (dies && !m->dies_after)
        return ERR_INTERNAL;
    if (!kept || kept->fence != r->fence)
        return ERR_CONFLICT;
    r->fence++;
    if (r->state == RUN_SAVED) {
        m->shipments++;
        r->shipment_id = "shipment";
    }
    if (r->why) {
        m->failures++;
        strncpy(m->last_retry, r->why->retry, sizeof(m->last_retry) - 1);
        strncpy(m->last_kind, r->why->kind, sizeof(m->last_kind) - 1);
        strncpy(m->last_step, r->why->step, sizeof(m->last_step) - 1);
    }
    *kept = *r;
    kept->why = NULL;
    kept->results = memory_copy(m->arena, r->results);
    return dies ? ERR_INTERNAL : OK;
}

static inline struct delivery_storage memory_storage(struct memory *m)
{
    return (struct delivery_storage){
        .of = m, .reserve = memory_reserve, .get = memory_get, .save = memory_save
    };
}
