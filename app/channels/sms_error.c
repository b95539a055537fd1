/* The codes of Azure Communication Services' delivery reports and of Twilio's errors. */
#include "channels/sms_error.h"

#include <stddef.h>
#include <string.h>

#define UNREACHABLE "The phone could not be reached: it is off, or out of coverage."
#define NO_NUMBER "The phone number does not exist, or is out of service."
#define NOT_VALID "The phone number of the recipient is not valid."
#define LANDLINE "The number cannot receive SMS: it may be a landline."
#define OPTED_OUT "The recipient has opted out of messages from this number."
#define FILTERED "The carrier refused it as unwanted."
#define UNKNOWN "The carrier could not deliver it and gave no reason."

static const struct sms_error errors[] = {
    { "acs", 4000, ERR_INVALID, "It was blocked as possible fraud.", false, false },
    { "acs", 4001, ERR_DENIED, "The number that the account sends from is not valid.", false,
      false },
    { "acs", 4002, ERR_INVALID, NOT_VALID, true, false },
    { "acs", 4003, ERR_INVALID, "The account cannot send to this country or network.", false,
      false },
    { "acs", 4004, ERR_INVALID, NO_NUMBER, true, false },
    { "acs", 4005, ERR_INVALID, "The carrier blocked it.", false, false },
    { "acs", 4006, ERR_INVALID, UNREACHABLE, false, false },
    { "acs", 4007, ERR_INVALID, OPTED_OUT, false, true },
    { "acs", 4008, ERR_LIMITED, "The account has sent as much as it may.", false, false },
    { "acs", 5000, ERR_INVALID, UNKNOWN, false, false },
    { "acs", 5001, ERR_RETRY, "The carrier had a fault for a while.", false, false },
    { "acs", 5002, ERR_INVALID, "The carrier did not report a delivery in time.", false, false },
    { "acs", 9999, ERR_INVALID, UNKNOWN, false, false },
    { "twilio", 20003, ERR_DENIED, "Twilio refused the account's token.", false, false },
    { "twilio", 20404, ERR_DENIED, "Twilio knows no such account.", false, false },
    { "twilio", 20429, ERR_LIMITED, "Twilio asks to send more slowly.", false, false },
    { "twilio", 21211, ERR_INVALID, NOT_VALID, true, false },
    { "twilio", 21212, ERR_DENIED, "The number that the account sends from is not valid.", false,
      false },
    { "twilio", 21408, ERR_INVALID, "The account may not send to this country.", false, false },
    { "twilio", 21606, ERR_DENIED, "The account does not own the number it sends from.", false,
      false },
    { "twilio", 21608, ERR_INVALID, "A trial account sends only to numbers that it has verified.",
      false, false },
    { "twilio", 21610, ERR_INVALID, OPTED_OUT, false, true },
    { "twilio", 21611, ERR_LIMITED, "The number has as many messages waiting as it may.", false,
      false },
    { "twilio", 21612, ERR_INVALID, "There is no way from the account's number to this one.", false,
      false },
    { "twilio", 21614, ERR_INVALID, LANDLINE, true, false },
    { "twilio", 21617, ERR_INVALID, "The message is too long.", false, false },
    { "twilio", 21659, ERR_DENIED, "The account does not own the number it sends from.", false,
      false },
    { "twilio", 30001, ERR_INVALID, "Too many messages were waiting.", false, false },
    { "twilio", 30002, ERR_INVALID, "The account is suspended.", false, false },
    { "twilio", 30003, ERR_INVALID, UNREACHABLE, false, false },
    { "twilio", 30004, ERR_INVALID, "The phone or its carrier blocks such messages.", false,
      false },
    { "twilio", 30005, ERR_INVALID, NO_NUMBER, true, false },
    { "twilio", 30006, ERR_INVALID, LANDLINE, true, false },
    { "twilio", 30007, ERR_INVALID, FILTERED, false, false },
    { "twilio", 30008, ERR_INVALID, UNKNOWN, false, false },
    { "twilio", 30034, ERR_INVALID, "The number is not registered for business messages.", false,
      false },
    { "twilio", 63038, ERR_LIMITED, "The account has sent as much as it may today.", false, false },
};

const struct sms_error *sms_error_of(const char *provider, int code)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].code == code && strcmp(errors[i].provider, provider) == 0)
            return &errors[i];
    return NULL;
}

const struct sms_status *sms_status_of(const struct sms_status *list, int status)
{
    int usual = status >= 400 && status < 500 ? 400 : 500;
    const struct sms_status *found = NULL;
    for (const struct sms_status *m = list; m->sentence; m++)
        if (m->status == status || (m->status == usual && !found))
            found = m;
    return found;
}
