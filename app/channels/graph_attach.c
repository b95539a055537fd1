/* Attachments of a Graph draft: by one call, or by an upload session where they are large. */
#include "channels/graph_call.h"

#include "base/crypto.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)3276800)
#define CHUNK_TIMEOUT_MS 30000

struct json_object *graph_file(struct arena *a, const struct email_attachment *file)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "@odata.type", "#microsoft.graph.fileAttachment");
    json_set_text(o, "name", file->file_name);
    json_set_text(o, "contentType", file->content_type);
    json_set_text(o, "contentBytes", base64(a, file->bytes.p, file->bytes.n));
    return o;
}

static enum err upload_begin(struct ctx *c, const struct channel_account *account,
                             const char *draft, const struct email_attachment *file,
                             const char *entity, struct graph_reply *reply)
{
    struct json_object *body = json_own(c->arena, json_object_new_object());
    struct json_object *item = json_object_new_object();
    json_set_text(item, "attachmentType", "file");
    json_set_text(item, "name", file->file_name);
    json_set_int(item, "size", (int64_t)file->bytes.n);
    json_set_text(item, "contentType", file->content_type);
    json_set(body, "AttachmentItem", item);
    const struct graph_request q = { .method = "POST",
                                     .path = graph_path(
                                         c, account, "/messages/%s/attachments/createUploadSession",
                                         graph_encode(c->arena, draft)),
                                     .body = body,
                                     .entity = entity };
    return graph_call(c, account, &q, reply);
}

/* From where the session wants the rest ("1000000" or "1000000-6999999"); without a word of it,
   from the chunk's end. */
static size_t wanted_next(struct ctx *c, const struct http_answer *answer, size_t end)
{
    struct json_object *body;
    const char *why;
    if (json_parse(c->arena, answer->body, &json_request_limits, &body, &why))
        return end;
    struct json_object *ranges = json_get(body, "nextExpectedRanges");
    if (!json_object_is_type(ranges, json_type_array) || !json_object_array_length(ranges))
        return end;
    const char *first = json_object_get_string(json_object_array_get_idx(ranges, 0));
    return first ? (size_t)strtoull(first, NULL, 10) : end;
}

/* Chunks go to the session's own address, which is proof enough: our token must not go there.
   Moves *at to where the next one begins. */
static enum err upload_chunk(struct ctx *c, const struct channel_account *account, const char *url,
                             struct str bytes, size_t *at, const char *entity,
                             struct graph_reply *reply)
{
    size_t from = *at;
    size_t n = bytes.n - from < CHUNK ? bytes.n - from : CHUNK;
    const char *headers[] = { "Content-Type: application/octet-stream",
                              arena_printf(c->arena, "Content-Range: bytes %zu-%zu/%zu", from,
                                           from + n - 1, bytes.n),
                              NULL };
    struct http_answer answer;
    const struct http_call call = { .provider = "msgraph",
                                    .account = account->id,
                                    .method = "PUT",
                                    .url = url,
                                    .headers = headers,
                                    .body = { bytes.p + from, n },
                                    .job_id = account->job_id,
                                    .entity = entity,
                                    .secret_body = true,
                                    .timeout_ms = CHUNK_TIMEOUT_MS };
    enum err r = http_send(c, &call, &answer);
    *reply =
        (struct graph_reply){ .status = answer.status,
                              .retry_after = answer.retry_after,
                              .sentence = "An attachment could not be uploaded to Microsoft 365." };
    if (r)
        return r;
    if (answer.status == 201)
        *at = bytes.n;
    else if (answer.status == 200)
        *at = wanted_next(c, &answer, from + n);
    else
        return answer.status == 429 ? ERR_LIMITED : ERR_RETRY;
    return *at > from && *at <= bytes.n ? OK : ERR_RETRY;
}

static enum err upload(struct ctx *c, const struct channel_account *account, const char *draft,
                       const struct email_attachment *file, const char *entity,
                       struct graph_reply *reply)
{
    enum err r = upload_begin(c, account, draft, file, entity, reply);
    if (r)
        return r;
    const char *url = json_text(reply->body, "uploadUrl");
    if (!url) {
        reply->sentence = "Microsoft 365 gave no address for the upload.";
        return ERR_RETRY;
    }
    for (size_t at = 0; !r && at < file->bytes.n;) {
        r = account->alive ? account->alive(account->alive_of) : OK;
        if (!r)
            r = upload_chunk(c, account, url, file->bytes, &at, entity, reply);
    }
    return r;
}

enum err graph_attach(struct ctx *c, const struct channel_account *account, const char *draft,
                      const struct email *e, const struct email_attachment *file,
                      struct graph_reply *reply)
{
    const char *entity = arena_printf(c->arena, "communication:%s", e->communication_id);
    if (file->bytes.n >= GRAPH_SMALL_FILE)
        return upload(c, account, draft, file, entity, reply);
    const struct graph_request q = { .method = "POST",
                                     .path = graph_path(c, account, "/messages/%s/attachments",
                                                        graph_encode(c->arena, draft)),
                                     .body = json_own(c->arena, graph_file(c->arena, file)),
                                     .entity = entity };
    return graph_call(c, account, &q, reply);
}
