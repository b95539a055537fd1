/* E-mails to those who work here: the account, and the job's sending through it. */
#include "track/staff_mail.h"

#include "access/access.h"
#include "channels/email.h"
#include "track/send_way.h"

enum err staff_mail_reaches(struct ctx *c, bool *out)
{
    struct provider_account account;
    enum err e = provider_find(c, "email", &account);
    *out = e == OK;
    return e == ERR_NOT_FOUND || e == ERR_DENIED ? OK : e;
}

enum err staff_mail_possible(struct ctx *c)
{
    bool reaches;
    enum err e = staff_mail_reaches(c, &reaches);
    if (e == OK && !reaches)
        e = ctx_refuse(c, ERR_CONFLICT, "There is no account for e-mail to tell you through.");
    return e;
}

enum err staff_mail_account(struct job *j, struct channel_account **out)
{
    struct provider_account found;
    enum err e = provider_find(&j->ctx, "email", &found);
    *out = NULL;
    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        return OK;
    if (e != OK)
        return e;
    *out = arena_new_of(j->ctx.arena, struct channel_account);
    **out = (struct channel_account){ .id = found.id,
                                      .provider = found.provider,
                                      .settings = found.settings,
                                      .secrets = found.secrets,
                                      .job_id = j->id };
    return OK;
}

enum err staff_mail_send(struct job *j, const struct channel_account *account,
                         const struct staff_mail *mail)
{
    struct ctx *c = &j->ctx;
    struct send_result result = { .provider = NULL };
    if (!account)
        return job_fail(j, ERR_RETRY, "There is no account for e-mail to tell it through.");
    const struct email email = {
        .communication_id = mail->about,
        .message_id =
            arena_printf(c->arena, "%s.%lld@%s", mail->kind, (long long)j->id, sending_host(c)),
        .to_name = mail->to_name,
        .to_address = mail->to_address,
        .subject = mail->subject,
        .text = mail->text,
        .html = mail->html,
        .first_try = j->token == 1,
    };
    enum err e = email_way_of(account->provider)->send(c, account, &email, &result);
    return e == OK ? OK : job_fail(j, e, "%s", result.sentence ? result.sentence : "Not sent.");
}
